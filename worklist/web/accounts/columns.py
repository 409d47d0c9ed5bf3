"""By what the list of accounts can be sorted."""

from datetime import UTC, datetime
from functools import partial

from sqlalchemy import func

from worklist.auth.models import User
from worklist.web.paging import Key, Sorting

# Whoever never signed in did so before everybody else.
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_COLUMNS: dict[str, Key] = {
    "username": User.username,
    "person": User.display_name,
    "roles": func.array_to_string(User.roles, ", "),
    "last_sign_in": func.coalesce(User.last_sign_in_at, _NEVER),
    "active": User.active,
}
# How the accounts are sorted, as the address says it.
sorting = partial(Sorting.of, columns=_COLUMNS, unique=User.username)
