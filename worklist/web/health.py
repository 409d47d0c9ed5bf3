"""Whether this process lives and can work: for supervisors and load balancers."""

import redis
from flask import Blueprint, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from worklist.web import context

blueprint = Blueprint("health", __name__)

_REDIS_SECONDS = 1.0


@blueprint.get("/healthz")
def healthz() -> Response:
    """Answer 200 as long as the process serves."""
    return jsonify(alive=True)


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Answer 200 when the database answers, else 503; without Redis pages work but are late."""
    parts = {"database": _database(), "redis": _redis()}
    ready = parts["database"]
    return jsonify(ready=ready, **parts), 200 if ready else 503


def _database() -> bool:
    try:
        with context.current().engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True


def _redis() -> bool:
    url = context.current().settings.redis_url
    if url is None:
        return False
    try:
        with redis.Redis.from_url(
            url, socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS
        ) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
