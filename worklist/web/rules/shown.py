"""Numbers that a department may change, as a page shows them and changes one."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from flask import Response, request
from sqlalchemy.orm import Session

from worklist.errors import NotFoundError
from worklist.language.text import _
from worklist.rules.parameters import Parameter
from worklist.web import answers, context
from worklist.web.rules import values

# What such a number is called where one is not found.
THRESHOLD = _("threshold")
POLICY_NUMBER = _("number of the policy")


@dataclass(frozen=True, slots=True)
class Shown:
    """A number with the value in use; ``is_own`` where the department changed it."""

    parameter: Parameter
    value: Any
    is_own: bool


class Put(Protocol):
    """The service that puts values in use and returns the names of those that differ."""

    def __call__(
        self,
        session: Session,
        values: Mapping[str, Any],
        *,
        reason: str,
        actor: str,
        now: datetime,
    ) -> list[str]:
        """Put the values in use."""


def numbers(
    known: Mapping[str, Parameter], in_use: Mapping[str, Any], own: Container[str]
) -> list[Shown]:
    """Return every number of a page."""
    return [Shown(one, in_use[name], name in own) for name, one in known.items()]


def of_name(known: Mapping[str, Parameter], name: str, kind: str) -> Parameter:
    """Return the number of a name.

    Raises:
        NotFoundError: there is none.
    """
    if name not in known:
        raise NotFoundError(_("There is no %(kind)s %(name)s.", kind=kind, name=repr(name)))
    return known[name]


def change(known: Mapping[str, Parameter], name: str, kind: str, put: Put, *, to: str) -> Response:
    """Put another value of a number in use, or what is shipped, for the reason in the form.

    Raises:
        NotFoundError: there is no such number.
        DomainError: the value cannot be read, or there is no reason.
    """
    value = _asked(known, name, kind)
    with context.transaction() as session:
        changed = put(
            session,
            {name: value},
            reason=request.form.get("reason", ""),
            actor=context.actor(),
            now=context.now(),
        )
    text = (
        _("%(name)s is changed.", name=name)
        if changed
        else _("%(name)s is what it was: nothing changed.", name=name)
    )
    return answers.done(text, to=to)


def _asked(known: Mapping[str, Parameter], name: str, kind: str) -> Any:  # noqa: ANN401 - as JSON
    """Return the value that the form asks for; None for what is shipped."""
    number = of_name(known, name, kind)
    if "shipped" in request.form:
        return None
    return values.read(number, request.form.get("value", ""))
