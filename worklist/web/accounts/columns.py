"""By what the lists of accounts and of tokens can be sorted."""

from datetime import UTC, datetime
from functools import partial

from sqlalchemy import func

from worklist.auth.models import ApiToken, User
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
_TOKENS: dict[str, Key] = {
    "username": User.username,
    "name": ApiToken.name,
    "created": ApiToken.created_at,
    "expires": ApiToken.expires_at,
    "last_used": func.coalesce(ApiToken.last_used_at, _NEVER),
    "address": func.coalesce(ApiToken.last_used_address, ""),
}
tokens_by = partial(Sorting.of, columns=_TOKENS, unique=ApiToken.id)
