"""Thresholds from data: the shipped ``rules.toml`` and a department's values in its place."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from worklist.errors import DomainError
from worklist.language import value_errors
from worklist.language.text import _
from worklist.rules.thresholds import Thresholds


class ThresholdError(DomainError):
    """A threshold is unknown, of the wrong form or out of bounds; the text says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One threshold as shipped.

    ``value`` is as JSON holds it; ``least`` and ``most``, both or neither, bound every number in a
    department's value, ends included. ``rules`` are those that read it.
    """

    name: str
    value: Any
    unit: str
    text: str
    rules: tuple[str, ...]
    source: str
    least: float | None = None
    most: float | None = None


_parameters: TypeAdapter[dict[str, Parameter]] = TypeAdapter(dict[str, Parameter])
_adapter = TypeAdapter(with_config(ConfigDict(strict=True, extra="forbid"))(Thresholds))


@cache
def parameters() -> Mapping[str, Parameter]:
    """Return every threshold as shipped, by name, in the order of ``rules.toml``."""
    text = (resources.files(__package__) / "rules.toml").read_text("utf-8")
    entries = tomllib.loads(text)
    return _parameters.validate_python({name: {"name": name} | entries[name] for name in entries})


@cache
def shipped() -> Thresholds:
    """Return the thresholds as shipped."""
    return _read({name: one.value for name, one in parameters().items()})


def with_changes(changes: Mapping[str, Any]) -> Thresholds:
    """Return the shipped thresholds with a department's values in their place.

    Args:
        changes: Values as JSON or TOML holds them, by name.

    Raises:
        ThresholdError: a name is unknown, a value is of the wrong form or out of bounds.
    """
    known = parameters()
    unknown = sorted(set(changes) - set(known))
    if unknown:
        raise ThresholdError(
            _(
                "There is no threshold %(unknown)s: `worklist rules list` lists them all.",
                unknown=", ".join(unknown),
            )
        )
    for name, value in changes.items():
        _check_bounds(known[name], value)
    return _read({name: changes.get(name, one.value) for name, one in known.items()})


def as_json(thresholds: Thresholds) -> dict[str, Any]:
    """Return the thresholds as JSON types, by name."""
    content: dict[str, Any] = _adapter.dump_python(thresholds, mode="json")
    return content


def _read(values: Mapping[str, Any]) -> Thresholds:
    try:
        return _adapter.validate_json(json.dumps(values, default=str))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ThresholdError(
            _(
                "%(place)s: %(msg)s; it is %(input)s.",
                place=place,
                msg=value_errors.words(first),
                input=repr(first["input"]),
            )
        ) from error


def _check_bounds(parameter: Parameter, value: object) -> None:
    least, most = parameter.least, parameter.most
    if least is None or most is None:
        return
    for number in _numbers(value):
        if not least <= number <= most:
            raise ThresholdError(
                _(
                    "%(name)s: %(number)s %(unit)s is out of bounds; allowed are %(least)s to "
                    "%(most)s.",
                    name=parameter.name,
                    number=f"{number:g}",
                    unit=parameter.unit,
                    least=f"{least:g}",
                    most=f"{most:g}",
                )
            )


def _numbers(value: object) -> Iterator[float]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value
