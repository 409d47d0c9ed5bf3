"""Addresses of pages for templates, built once and not for each row of a list."""

from datetime import date
from functools import lru_cache
from typing import Any

import flask

# Stands in an address where a row's number goes; no row has it.
_NUMBER = 1_987_654_321_000
_PLAIN = (str, int, date, type(None))


def url_for(endpoint: str, **values: Any) -> str:  # noqa: ANN401 - as Flask's
    """Return what Flask's ``url_for`` returns.

    Two addresses of one page that differ in a number differ in nothing else, so the router is
    asked for the first of them only: a page with 300 links would ask it 600 times.
    """
    # `_external=True` asks for a whole address, and that depends on the request's host.
    plain = all(isinstance(one, _PLAIN) and one is not True for one in values.values())
    if endpoint.startswith(".") or not plain:
        return flask.url_for(endpoint, **values)
    numbers = [name for name, value in values.items() if type(value) is int and value >= 0]
    known = tuple((name, value) for name, value in values.items() if name not in numbers)
    shape = _shape(endpoint, known, tuple(numbers))
    return shape % {name: values[name] for name in numbers}


@lru_cache(maxsize=4096)
def _shape(endpoint: str, known: tuple[tuple[str, Any], ...], numbers: tuple[str, ...]) -> str:
    """Return an address with ``%(name)s`` where its numbers go."""
    placed = {name: _NUMBER + place for place, name in enumerate(numbers)}
    values: dict[str, Any] = dict(known) | placed
    address = flask.url_for(endpoint, **values).replace("%", "%%")
    for name, number in placed.items():
        address = address.replace(str(number), f"%({name})s")
    return address
