"""What is wrong with a value that was typed, in words: pydantic's errors as texts of our own."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails

from worklist.language.text import Text, _

_TEXTS = {
    "missing": _("fill this in"),
    "too_short": _("fill this in"),
    "string_too_short": _("fill this in"),
    "string_pattern_mismatch": _("there are letters or signs here that do not belong, or too many"),
    "int_parsing": _("write a whole number"),
    "int_type": _("write a whole number"),
    "int_from_float": _("write a whole number"),
    "float_parsing": _("write a number"),
    "float_type": _("write a number"),
    "decimal_parsing": _("write a number"),
    "bool_parsing": _("choose yes or no"),
    "date_parsing": _("write the day as 2026-06-01"),
    "date_from_datetime_parsing": _("write the day as 2026-06-01"),
    "time_parsing": _("write the time as 08:30"),
    "extra_forbidden": _("there is no such field"),
}
# Of each limit: what it asks for, and where pydantic says what the limit is.
_LIMITS = {
    "greater_than": (_("write a number above %(limit)s"), "gt"),
    "greater_than_equal": (_("write a number of at least %(limit)s"), "ge"),
    "less_than": (_("write a number below %(limit)s"), "lt"),
    "less_than_equal": (_("write a number of at most %(limit)s"), "le"),
    "string_too_long": (_("at most %(limit)s characters"), "max_length"),
}


def words(error: ErrorDetails) -> Text | str:
    """Return what is wrong, without a capital or a full stop; pydantic's words where none fit."""
    kind, limits = error["type"], error.get("ctx", {})
    if kind in _TEXTS:
        return _TEXTS[kind]
    if isinstance(told := limits.get("text"), Text):
        return told
    raised = limits.get("error")
    if isinstance(raised, ValueError) and raised.args:
        first = raised.args[0]
        return first if isinstance(first, str) else str(first)
    return _limited(kind, limits) or error["msg"]


def _limited(kind: str, limits: Mapping[str, Any]) -> Text | None:
    """Return what a limit or a choice asks for; None of any other error."""
    if kind in {"enum", "literal_error"}:
        known = str(limits["expected"]).replace(" or ", ", ")
        return _("choose one of %(known)s", known=known)
    if kind not in _LIMITS:
        return None
    message, name = _LIMITS[kind]
    return Text.of(message.message, None, 1, {"limit": limits[name]})
