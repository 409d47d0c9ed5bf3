"""Findings as JSON objects, for explanations that are kept with an exam."""

from collections.abc import Mapping
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
    Finding,
    Hold,
    Prefer,
    PreferUntil,
    RequireCapability,
    RequireResource,
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
# Two findings with the same values ask for the same, however either is worded.
_WORDS = frozenset({"text", "question", "source", "subject", "instead"})
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


def _plain(value: object) -> object:
    if isinstance(value, datetime | time):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, StrEnum) else value
