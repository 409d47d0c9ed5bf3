"""``/hours/<code>``: the week of a room, bay or member of staff: close it, keep its time."""

from collections.abc import Sequence
from datetime import timedelta

from flask import Blueprint, Response, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from worklist.auth.roles import Permission
from worklist.catalogue.models import Resource
from worklist.errors import DomainError, NotFoundError
from worklist.language.text import _, ngettext
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling import closing
from worklist.scheduling.intervals import Interval
from worklist.web import answers, context
from worklist.web.hours import lines, week
from worklist.web.permissions import require
from worklist.web.replan.page import MOST_DAYS
from worklist.web.times import read_moment

blueprint = Blueprint("hours", __name__, url_prefix="/hours")

PURPOSES = ("E", "I", "O", "screening")
_TOPIC = "resource"


@blueprint.get("/<code>", endpoint="week")
@require(Permission.SEE_SCHEDULE)
def show(code: str) -> str:
    """Show the week in which the day of the address lies."""
    with context.transaction() as session:
        resource = resource_of(session, code)
        day = context.day()
        monday = day - timedelta(days=day.weekday())
        shown = week.week_of(session, resource, monday, now=context.now())
        return render_template(
            "hours/week.html",
            week=shown,
            resource=resource,
            others=week.resources(session, resource.site_id),
            days_to_plan=_days_to_plan(shown.displaced),
            day=day,
            texts=lines.write(lines.of_week(shown.hours, monday)),
            names=lines.DAYS,
            is_plain=lines.is_plain(shown.hours),
            purposes=PURPOSES,
            one_week=timedelta(days=7),
        )


@blueprint.post("/<code>/closures")
@require(Permission.BOOK)
def close(code: str) -> Response:
    """Close the room; whoever must leave is listed on the page."""
    with context.transaction() as session:
        resource = resource_of(session, code)
        leaving = closing.close(
            session,
            resource.id,
            _stretch(),
            request.form.get("reason", ""),
            actor=context.actor(),
            now=context.now(),
        )
    return answers.done(_told(_("%(code)s is closed then.", code=code), leaving), _TOPIC)


@blueprint.post("/<code>/closures/<int:closure_id>/end")
@require(Permission.BOOK)
def reopen(code: str, closure_id: int) -> Response:
    """Take a closure away, or end it now."""
    with context.transaction() as session:
        closing.reopen(session, closure_id, actor=context.actor(), now=context.now())
    return answers.done(_("%(code)s is open again.", code=code), _TOPIC)


@blueprint.post("/<code>/blocks")
@require(Permission.BOOK)
def keep(code: str) -> Response:
    """Keep time for a purpose."""
    purpose = request.form.get("purpose", "")
    if purpose not in PURPOSES:
        raise DomainError(_("Choose what the time is kept for."))
    with context.transaction() as session:
        resource = resource_of(session, code)
        leaving = closing.keep_for(
            session,
            resource.id,
            _stretch(),
            purpose,
            release_hours=max(request.form.get("release_hours", 0, type=int), 0),
            actor=context.actor(),
            now=context.now(),
        )
    return answers.done(_told(_("The time is kept."), leaving), _TOPIC)


@blueprint.post("/<code>/blocks/<int:block_id>/end")
@require(Permission.BOOK)
def give_up(code: str, block_id: int) -> Response:
    """Take a block away."""
    with context.transaction() as session:
        closing.give_up(session, block_id, actor=context.actor(), now=context.now())
    return answers.done(_("The time in %(code)s is everybody's again.", code=code), _TOPIC)


@blueprint.post("/<code>/weekly")
@require(Permission.ADMINISTER)
def change(code: str) -> Response:
    """Give the room other weekly hours."""
    with context.transaction() as session:
        resource = resource_of(session, code)
        leaving = closing.change_hours(
            session,
            resource.id,
            lines.read(request.form),
            actor=context.actor(),
            now=context.now(),
        )
    return answers.done(_told(_("The hours are changed."), leaving), _TOPIC)


def resource_of(session: Session, code: str) -> Resource:
    """Return what the address names; times are told in the zone of its site.

    Raises:
        NotFoundError: there is no such room, bay or member of staff.
    """
    found = find_resource(session, code)
    context.use_site(found.site)
    return found


def find_resource(session: Session, code: str) -> Resource:
    """Return what the address names, with its site.

    Raises:
        NotFoundError: there is no such room, bay or member of staff.
    """
    found = session.scalar(
        select(Resource).where(Resource.code == code).options(joinedload(Resource.site))
    )
    if found is None:
        raise NotFoundError(_("There is no room, bay or member of staff %(code)s.", code=code))
    return found


def _told(done: str, leaving: Sequence[ScheduledProcedureStep]) -> str:
    if not leaving:
        return done
    return ngettext(
        "%(done)s %(num)s exam must move.",
        "%(done)s %(num)s exams must move.",
        len(leaving),
        done=done,
    )


def _days_to_plan(displaced: Sequence[ScheduledProcedureStep]) -> int | None:
    """Return how many days a plan for those that must move covers; None where that is too far."""
    starts = [one.starts_at for one in displaced if one.starts_at is not None]
    if not starts:
        return None
    days = (max(starts) - context.now()).days + 2
    return days if days <= MOST_DAYS else None


def _stretch() -> Interval:
    """Read ``from`` and ``to``, local times of the room's site."""
    return Interval(*(read_moment(request.form.get(name, "")) for name in ("from", "to")))
