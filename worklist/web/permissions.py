"""What the person who is signed in may do."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import abort
from flask_login import current_user

from worklist.auth.roles import Permission, permissions

P = ParamSpec("P")
R = TypeVar("R")


def may(permission: Permission) -> bool:
    """Return whether the person who is signed in may do this."""
    return current_user.is_authenticated and permission in permissions(current_user.roles)


def require(permission: Permission) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Answer 403 to whoever may not do this."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            if not may(permission):
                abort(403)
            return view(*args, **kwargs)

        return checked

    return decorate
