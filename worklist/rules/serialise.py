"""Findings as JSON objects, for explanations that are kept with an exam."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime, time
from enum import StrEnum
from typing import Any

from worklist.rules.findings import (
    Avoid,
    Block,
    DailyWindows,
    Delay,
    Extend,
    ExtendedPart,
    Finding,
    Hold,
    Prefer,
    PreferUntil,
    RequireCapability,
    RequireResource,
    Role,
    Sequence,
    Warn,
)

EFFECTS: dict[str, type[Finding]] = {
    "block": Block,
    "hold": Hold,
    "require_capability": RequireCapability,
    "require_resource": RequireResource,
    "delay": Delay,
    "avoid": Avoid,
    "sequence": Sequence,
    "daily_windows": DailyWindows,
    "extend": Extend,
    "prefer": Prefer,
    "prefer_until": PreferUntil,
    "warn": Warn,
}
_WORDS = frozenset({"text", "question", "source"})
_NAMES = {kind: name for name, kind in EFFECTS.items()}


def effect_of(finding: Finding) -> str:
    """Return the effect's name, for example ``hold``."""
    return _NAMES[type(finding)]


def to_json(finding: Finding) -> dict[str, Any]:
    """Return the finding as JSON types: its effect's name under ``effect`` and every field."""
    values = {field.name: _plain(getattr(finding, field.name)) for field in fields(finding)}
    return {"effect": effect_of(finding), **values}


def essence(data: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return what a finding written by `to_json` says, whatever its wording and language."""
    return tuple(sorted((name, str(one)) for name, one in data.items() if name not in _WORDS))


def from_json(data: Mapping[str, Any]) -> Finding:
    """Return the finding that ``to_json`` wrote; times are the same instants.

    Raises:
        ValueError: the effect or a field is unknown, missing or of the wrong form.
    """
    effect = data.get("effect")
    kind = EFFECTS.get(effect) if isinstance(effect, str) else None
    if kind is None:
        raise ValueError(f"The finding's effect is {effect!r}; known are {', '.join(EFFECTS)}.")
    try:
        values: dict[str, Any] = {
            name: _READERS.get(name, _text)(value)
            for name, value in data.items()
            if name != "effect"
        }
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"The finding {effect!r} cannot be read: {error}") from error


def _plain(value: object) -> object:
    if isinstance(value, datetime | time):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, StrEnum) else value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text expected, not {value!r}")
    return value


def _optional_text(value: object) -> str | None:
    return None if value is None else _text(value)


def _whole_number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"a whole number expected, not {value!r}")
    return value


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"true or false expected, not {value!r}")
    return value


def _found(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"a list of values expected, not {value!r}")
    return tuple(_text(one) for one in value)


def _windows(value: object) -> tuple[tuple[time, time], ...]:
    if not isinstance(value, list):
        raise TypeError(f"a list of windows expected, not {value!r}")
    return tuple((_time_of_day(opens), _time_of_day(closes)) for opens, closes in value)


def _time_of_day(value: object) -> time:
    return time.fromisoformat(_text(value))


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError(f"a time with its offset expected, not {value!r}")
    return moment


_READERS: dict[str, Callable[[object], object]] = {
    "role": lambda value: Role(_text(value)),
    "part": lambda value: ExtendedPart(_text(value)),
    "fact": _optional_text,
    "resource_kind": _optional_text,
    "minutes": _whole_number,
    "not_before": _moment,
    "after": _moment,
    "before": _moment,
    "until": _time_of_day,
    "windows": _windows,
    "found": _found,
    "on_duty": _yes_or_no,
    "before_booking": _yes_or_no,
}
