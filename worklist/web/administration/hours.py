"""``/administration/hours/<code>``: weekly hours of a room, bay or member of staff, by season."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from flask import Blueprint, Response, make_response, render_template, request, url_for
from sqlalchemy.orm import Session

from worklist.audit import changes
from worklist.auth.roles import Permission
from worklist.catalogue.hours import lines_of
from worklist.catalogue.models import OpeningHours, Resource, Room
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.scheduling import closing
from worklist.scheduling.intervals import WeeklyHours
from worklist.web import answers, context
from worklist.web.hours import lines
from worklist.web.hours.page import find_resource
from worklist.web.permissions import require

MOST_SEASONS = 12
_REFUSED = 422


@dataclass(frozen=True, slots=True)
class Season:
    """A week's hours and the days between which they hold, as texts; empty: without an end."""

    valid_from: str
    valid_until: str
    days: dict[int, str]


def install(blueprint: Blueprint) -> None:
    """Give the pages their addresses."""
    blueprint.add_url_rule("/hours/<code>", "hours", show)
    blueprint.add_url_rule("/hours/<code>", "change_hours", change, methods=["POST"])


@require(Permission.ADMINISTER)
def show(code: str) -> str:
    """Show the hours in their form."""
    with context.transaction() as session:
        resource = find_resource(session, code)
        return _page(session, resource, _seasons(session, resource), {})


@require(Permission.ADMINISTER)
def change(code: str) -> Response:
    """Change the hours; whoever must leave a slot is counted."""
    seasons = _sent()
    read, wrong = _read(seasons)
    with context.transaction() as session:
        resource = find_resource(session, code)
        if wrong:
            return make_response(_page(session, resource, seasons, wrong), _REFUSED)
        leaving = closing.change_hours(
            session, resource.id, read, actor=context.actor(), now=context.now()
        )
    text = _("The hours of %(code)s are changed.", code=code)
    if leaving:
        text = _(
            "The hours of %(code)s are changed. Exams that must move: %(count)s; see Re-plan.",
            code=code,
            count=len(leaving),
        )
    return answers.done(text, to=url_for("administration.hours", code=code))


def _page(
    session: Session, resource: Resource, seasons: Sequence[Season], wrong: dict[str, str]
) -> str:
    empty = Season("", "", dict.fromkeys(lines.DAYS, ""))
    return render_template(
        "administration/hours.html",
        resource=resource,
        is_room=session.get(Room, resource.id) is not None,
        seasons=[*seasons, empty][:MOST_SEASONS],
        names=lines.DAYS,
        wrong=wrong,
        history=changes.history(session, "hours", resource.code),
    )


def _seasons(session: Session, resource: Resource) -> list[Season]:
    rows = lines_of(session, resource.id)

    def holds(line: OpeningHours) -> tuple[date, date]:
        return line.valid_from or date.min, line.valid_until or date.max

    return [
        Season(_text(first, date.min), _text(last, date.max), lines.write(group))
        for (first, last), group in groupby(sorted(rows, key=holds), key=holds)
    ]


def _text(day: date, endless: date) -> str:
    return "" if day == endless else day.isoformat()


def _sent() -> list[Season]:
    """Return the seasons of the form; those without any hours are gone."""
    form = request.form
    seasons = [
        Season(
            form.get(f"from_{number}", ""),
            form.get(f"until_{number}", ""),
            {day: form.get(f"day_{number}_{day}", "").strip() for day in lines.DAYS},
        )
        for number in range(MOST_SEASONS)
    ]
    return [one for one in seasons if any(one.days.values())]


def _read(seasons: Sequence[Season]) -> tuple[list[WeeklyHours], dict[str, str]]:
    """Return the lines, and by field what cannot be read."""
    wrong: dict[str, str] = {}
    found: list[WeeklyHours] = []
    begins: set[date | None] = set()
    for number, season in enumerate(seasons):
        first = _day(season.valid_from, f"from_{number}", wrong)
        last = _day(season.valid_until, f"until_{number}", wrong)
        if first and last and last < first:
            wrong[f"until_{number}"] = _("The last day lies before the first one.")
        if first in begins:
            wrong.setdefault(
                f"from_{number}", _("Another set of hours begins on this day: combine the two.")
            )
        begins.add(first)
        for day, text in season.days.items():
            try:
                read = lines.read_day(day, text)
            except DomainError as error:
                wrong[f"day_{number}_{day}"] = str(error)
            else:
                found += [one._replace(valid_from=first, valid_until=last) for one in read]
    return found, wrong


def _day(text: str, field: str, wrong: dict[str, str]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        wrong[field] = _("%(text)s is not a day: write it as 2026-06-01.", text=text)
        return None
