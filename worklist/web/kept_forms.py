"""What a form had when its session was over: kept until its person has signed in again.

A page with scripts covers itself and sends its form afterwards. Without scripts the form has been
sent: what was typed goes into the page that asks who is there, encrypted (RFC 7516, A256GCM), so
that whoever comes next cannot read it. It opens for the same account, for a while, and is sent only
when the person says so. Nothing of it stands in an address, and nothing is stored here but while
its person is at the identity provider: the encrypted text, in Redis, under a key in the session.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import redis
import structlog
from flask import current_app, request
from flask_wtf.csrf import ValidationError, validate_csrf
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from worklist.web import context

LARGEST_FORM = 64 * 1024
LARGEST_KEPT = 2 * LARGEST_FORM  # as it comes back, encrypted
_LONGEST = timedelta(minutes=30)
_HEADER = {"alg": "dir", "enc": "A256GCM"}
_PASSWORDS = frozenset({"password", "present"})

_PREFIX = "worklist:kept:"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class KeptForm:
    """A form to send again: where it goes, and its fields in their order."""

    address: str
    fields: list[tuple[str, str]]


def keep(user_id: int) -> str:
    """Return the form of this request for the account, empty where it is not one of its pages'.

    Passwords are not kept, nor are forms that a page of somebody else's made up.
    """
    large = (request.content_length or LARGEST_FORM + 1) > LARGEST_FORM
    if large or request.files or _PASSWORDS & set(request.form):
        return ""
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        return ""
    told = {
        "user_id": user_id,
        "until": (context.now() + _LONGEST).timestamp(),
        "address": request.full_path.rstrip("?"),
        "fields": [one for one in request.form.items(multi=True) if one[0] != "csrf_token"],
    }
    return jwe.encrypt_compact(_HEADER, json.dumps(told).encode(), _key())


def opened(text: str, user_id: int) -> KeptForm | None:
    """Return what was kept for the account, None where it is of another one, old or not ours."""
    told = _told(text)
    if told is None or told["user_id"] != user_id:
        return None
    return KeptForm(told["address"], [(name, value) for name, value in told["fields"]])


def put_by(text: str) -> str:
    """Keep the text while its person is elsewhere; gives the key to it, empty where it is lost."""
    if _told(text) is None:
        return ""
    key = secrets.token_urlsafe()
    try:
        with _redis() as client:
            client.set(_PREFIX + key, text, ex=_LONGEST)
    except redis.RedisError as error:
        log.warning("web.kept.lost", error=type(error).__name__)
        return ""
    return key


def fetch(key: str) -> str:
    """Return the text that was put by, once; empty where there is none any more."""
    try:
        with _redis() as client:
            found: bytes | None = client.getdel(_PREFIX + key)
    except redis.RedisError as error:
        log.warning("web.kept.lost", error=type(error).__name__)
        return ""
    return (found or b"").decode()


def _told(text: str) -> dict[str, Any] | None:
    try:
        told: dict[str, Any] = json.loads(jwe.decrypt_compact(text, _key()).plaintext or b"")
    except (JoseError, ValueError):
        return None
    return told if told["until"] >= context.now().timestamp() else None


def _redis() -> redis.Redis:
    return redis.Redis.from_url(context.current().settings.require_redis_url())


def _key() -> OctKey:
    """Derive a key of its own from the secret of all processes."""
    secret = current_app.config["SECRET_KEY"]
    return OctKey.import_key(hashlib.sha256(b"kept forms:" + secret.encode()).digest())
