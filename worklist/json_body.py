"""The JSON that a program sends, without what no two readers read alike or no table can hold."""

import json
import math
from typing import Any


class NotTextError(ValueError):
    """A text in it has a NUL or half of a surrogate pair: it cannot be stored."""


def read(raw: bytes) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """Return what the JSON says.

    Raises:
        NotTextError: a text cannot be stored.
        ValueError: it is not JSON (RFC 8259), an object has a name twice, or a number is none that
            a computer holds.
    """
    try:
        found = json.loads(
            raw, parse_constant=_finite, parse_float=_finite, object_pairs_hook=_each_once
        )
        if not is_text(found):
            raise NotTextError
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return found


def is_text(value: Any) -> bool:  # noqa: ANN401 - whatever JSON can hold
    """Return whether every text in it can be stored: no NUL, no half of a surrogate pair."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= one <= "\udfff" for one in value)
    if isinstance(value, dict):
        return all(is_text(key) and is_text(one) for key, one in value.items())
    if isinstance(value, list):
        return all(map(is_text, value))
    return True


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a number")
    return number


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} is there twice")
    return found
