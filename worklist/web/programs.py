"""Programs at the door: what one address may ask in a minute, and wrong tokens.

Who guesses tokens is slowed down and seen. A right one from the same address still opens, for many
programs may share an address.
"""

import structlog
from flask import Blueprint, request
from flask_limiter import RateLimitExceeded

from worklist.audit import service as audit
from worklist.web import context
from worklist.web.sign_in import limiter

_REQUESTS = "6000 per minute"  # of one address, against programs gone wild
# Wrong tokens of one address at all doors together, as with passwords; and notes in the trail.
_TRIES, _NOTES = "20 per minute", "1 per minute"

log = structlog.get_logger(__name__)


def limit_requests(blueprint: Blueprint) -> None:
    """Count what each address asks."""
    limiter.limit(_REQUESTS)(blueprint)


def count_wrong_token() -> None:
    """Count a wrong token.

    Raises:
        RateLimitExceeded: it was one too many.
    """
    log.warning("web.wrong_token", address=request.remote_addr, entrance=request.blueprint)
    try:
        with limiter.shared_limit(_TRIES, scope="wrong tokens"):
            pass
    except RateLimitExceeded:
        _note()
        raise


def seconds_to_wait() -> int:
    """Count a wrong token; returns how long its address has to wait, 0 while it need not."""
    try:
        count_wrong_token()
    except RateLimitExceeded as error:
        return error.limit.limit.get_expiry()
    return 0


def _note() -> None:
    """Write it to the trail, unless that was done just now: guesses must not fill it."""
    try:
        with limiter.shared_limit(_NOTES, scope="noted tokens"):
            pass
    except RateLimitExceeded:
        return
    with context.transaction() as session:
        audit.record(
            session,
            "token.refused",
            actor="system:sign-in",
            now=context.now(),
            address=request.remote_addr or "",
            entrance=request.blueprint or "",
        )
