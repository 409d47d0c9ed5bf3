"""``/trail``: the audit trail, filtered, sorted and as a file."""

from datetime import date
from functools import partial

from flask import Blueprint, Response, render_template, request
from sqlalchemy.orm import Session

from worklist.audit.models import AuditEvent
from worklist.auth.roles import Permission
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.web import context
from worklist.web.action_words import action_word
from worklist.web.api.fields import LARGEST_ID
from worklist.web.exams import story
from worklist.web.language import tell
from worklist.web.permissions import require
from worklist.web.spreadsheet import list_as_file
from worklist.web.trail import queries

blueprint = Blueprint("trail", __name__, url_prefix="/trail")


@blueprint.get("")
@require(Permission.ADMINISTER)
def overview() -> str:
    """Show the trail, the newest first where nothing else is said."""
    sorting = queries.events_by(request.args.get("sort", ""))
    with context.transaction() as session:
        page = queries.events(session, _wanted(), sorting, after=request.args.get("after", ""))
        return render_template(
            "trail/page.html",
            page=page,
            sorting=sorting,
            actions=_actions(session),
            names=queries.patient_names(session, page.rows),
            sentence=story.sentence,
            action_word=action_word,
        )


def _actions(session: Session) -> list[tuple[str, str]]:
    """Return what was ever done, each with its words, in their alphabetical order."""
    known = ((one, tell(action_word(one))) for one in queries.actions(session))
    return sorted(known, key=lambda one: one[1])


@blueprint.get("/list.csv")
@require(Permission.ADMINISTER)
def as_file() -> Response:
    """Return the trail, all pages of it, as it is filtered and sorted."""
    sorting = queries.events_by(request.args.get("sort", ""))
    pages = partial(queries.events, wanted=_wanted(), sorting=sorting)
    heading = (
        _("When"), _("Who"), _("What"), _("In words"), _("From"),
        _("Patient"), _("Order"), _("Exam"),
    )  # fmt: skip
    return list_as_file("trail", heading, pages, _cells)


def _cells(event: AuditEvent) -> list[object]:
    return [
        event.occurred_at,
        event.actor,
        event.action,
        tell(story.sentence(event)),
        event.detail.get("address"),
        event.patient_id,
        event.order_id,
        event.exam_id,
    ]


def _wanted() -> queries.WantedEvents:
    first, last = _day("from"), _day("until")
    return queries.WantedEvents(
        who=request.args.get("who", "").strip(),
        what=request.args.get("what", "").strip(),
        patient_id=_number("patient"),
        order_id=_number("order"),
        exam_id=_number("exam"),
        since=context.day_bounds(first)[0] if first else None,
        before=context.day_bounds(last)[1] if last else None,
    )


def _day(name: str) -> date | None:
    given = request.args.get(name, "")
    return context.day_of(given) if given else None


def _number(name: str) -> int | None:
    given = request.args.get(name, "").strip()
    if not given:
        return None
    if not (given.isascii() and given.isdecimal() and int(given) <= LARGEST_ID):
        raise DomainError(
            _("%(given)s is no number of a patient, order or exam here.", given=repr(given))
        )
    return int(given)
