"""Numbers that a department may change, as a page shows them, and what is asked of one."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from worklist.errors import NotFoundError
from worklist.language.text import _
from worklist.rules.parameters import Parameter
from worklist.web.rules import values


@dataclass(frozen=True, slots=True)
class Shown:
    """A number with the value in use; ``is_own`` where the department changed it."""

    parameter: Parameter
    value: Any
    is_own: bool


def numbers(
    known: Mapping[str, Parameter], in_use: Mapping[str, Any], own: Container[str]
) -> list[Shown]:
    """Return every number of a page."""
    return [Shown(one, in_use[name], name in own) for name, one in known.items()]


def asked(known: Mapping[str, Parameter], name: str, kind: str) -> Any:  # noqa: ANN401 - as JSON
    """Return the value that the form asks for; None for what is shipped.

    Raises:
        NotFoundError: there is no such number.
        DomainError: the value cannot be read.
    """
    if name not in known:
        raise NotFoundError(_("There is no %(kind)s %(name)s.", kind=kind, name=repr(name)))
    if "shipped" in request.form:
        return None
    return values.read(known[name], request.form.get("value", ""))
