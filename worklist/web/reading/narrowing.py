"""What the address narrows the queue to, which columns it shows, and keeping that under a name."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import parse_qs

from flask import Response, request, url_for

from worklist.auth.roles import Permission
from worklist.errors import DomainError
from worklist.language.text import Text, _
from worklist.reading import filters
from worklist.reading.selection import Selection
from worklist.vocabulary import PatientClass, Priority
from worklist.web import answers, context
from worklist.web.permissions import require
from worklist.web.reading.queries import Tab

Word = TypeVar("Word", bound=StrEnum)

# What stays in the address from the queue to the case and on to the next.
_CARRIED = ("modality", "group", "setting", "tab")
# What leaves cases out, and all that a filter keeps.
NARROWING = ("modality", "priority", "group", "setting", "waiting")
_KEPT = ("tab", *NARROWING, "column", "sort")
WAITS = {
    "30": _("over 30 min"),
    "60": _("over 1 h"),
    "240": _("over 4 h"),
    "1440": _("over a day"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column that may be left out; ``usual`` is one that is shown where nobody has chosen."""

    code: str
    name: Text
    usual: bool = True


COLUMNS = (
    Column("group", _("Group")),
    Column("from", _("From")),
    Column("accession", _("Accession")),
    Column("performed", _("Performed")),
    Column("reason", _("Reason"), usual=False),
    Column("physician", _("Asked by"), usual=False),
)


def selection() -> Selection:
    """Return what the address narrows the queue to."""
    return Selection(
        modality=request.args.get("modality") or None,
        reading_group=request.args.get("group") or None,
        patient_class=word(PatientClass, "setting"),
    )


def list_selection() -> Selection:
    """Return the same with what narrows a list but no next case: priority and waiting time."""
    return replace(selection(), priority=word(Priority, "priority"), ready_before=_ready_before())


def next_selection() -> Selection:
    """Return the same for the next case: one without a preliminary text, unless asked for."""
    return replace(selection(), dictated=request.args.get("tab") == Tab.DICTATED)


def carried() -> dict[str, Any]:
    """Return the part of the address that goes along from case to case.

    Of the tabs only the one of dictated cases does: its next case is one of them.
    """
    given = {name: value for name in _CARRIED if (value := request.args.get(name))}
    if given.get("tab") != Tab.DICTATED:
        given.pop("tab", None)
    return given


def columns() -> set[str]:
    """Return the codes of the columns to show: those of the address, else the usual ones."""
    chosen = set(request.args.getlist("column")) & {one.code for one in COLUMNS}
    return chosen or {one.code for one in COLUMNS if one.usual}


def word(kind: type[Word], name: str) -> Word | None:
    """Return a word of the address, None where it is left out.

    Raises:
        DomainError: it is none of the words.
    """
    given = request.args.get(name)
    if not given:
        return None
    try:
        return kind(given)
    except ValueError as error:
        raise DomainError(
            _(
                "%(given)s is not a %(name)s: choose one of %(known)s.",
                given=repr(given),
                name=name,
                known=", ".join(kind),
            )
        ) from error


def query() -> dict[str, list[str]]:
    """Return what the address says, without the page of the list."""
    return {
        name: found for name in _KEPT if (found := request.args.getlist(name)) != [""] and found
    }


@require(Permission.READ)
def save() -> Response:
    """Keep what the address of the page says under a name."""
    given = parse_qs(request.form.get("query", ""))
    kept: dict[str, Any] = {name: given[name] for name in _KEPT if name in given}
    with context.transaction() as session:
        name = request.form.get("name", "")
        filters.save(session, context.user(session), name, kept, now=context.now())
    to = url_for("reading.queue", **kept)
    return answers.done(_("Kept under “%(name)s”.", name=name.strip()), to=to)


@require(Permission.READ)
def forget(filter_id: int) -> Response:
    """Delete a filter of one's own."""
    with context.transaction() as session:
        filters.forget(session, context.user(session), filter_id)
    return answers.done(_("Forgotten."), to=url_for("reading.queue"))


def _ready_before() -> datetime | None:
    given = request.args.get("waiting", "")
    if not given:
        return None
    if given not in WAITS:
        known = ", ".join(WAITS)
        raise DomainError(_("Choose how long a case waits: one of %(known)s.", known=known))
    return context.now() - timedelta(minutes=int(given))
