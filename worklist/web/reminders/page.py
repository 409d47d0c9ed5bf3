"""``/reminders``: who is to be reminded by telephone of what they have on a day."""

from datetime import date, timedelta

from flask import Blueprint, Response, render_template, request
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.language.text import _
from worklist.mail import reminding, standing
from worklist.orders import service as orders
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling.intervals import whole_day
from worklist.web import answers, concerns, context
from worklist.web.language import tell
from worklist.web.paging import Page
from worklist.web.permissions import require
from worklist.web.reminders import queries
from worklist.web.rooms.queries import sites
from worklist.web.spreadsheet import list_as_file

blueprint = Blueprint("reminders", __name__, url_prefix="/reminders")


@blueprint.get("")
@require(Permission.BOOK)
def overview() -> Response | str:
    """Show whom to call; site, day, page and sorting are in the address."""
    with context.transaction() as session:
        site = context.site(session)
        day = _day()
        wanted = _wanted(site.id, day)
        if not concerns.is_concerned(session, queries.belongs_to_day(wanted)):
            return concerns.unchanged()
        return render_template(
            "reminders/page.html",
            shown=queries.to_telephone(session, wanted, now=context.now()),
            sorting=wanted.sorting,
            told=standing.told,
            day=day,
            previous=day - timedelta(days=1),
            following=day + timedelta(days=1),
            site=site,
            sites=sites(session),
        )


@blueprint.get("/list.csv")
@require(Permission.BOOK)
def as_file() -> Response:
    """Return the whole list of the day as a file."""
    with context.transaction() as session:
        site = context.site(session)
    day = _day()
    now = context.now()

    def pages(session: Session, *, after: str, rows: int) -> Page[list[object]]:
        wanted = _wanted(site.id, day, after=after, rows=rows)
        shown = queries.to_telephone(session, wanted, now=now)
        lines = [_cells(one, tell(shown.why(one))) for one in shown.page.rows]
        return Page(lines, shown.page.after)

    heading = (
        _("Time"), _("Patient"), _("Born"), _("Phone"), _("Language"), _("Exam"), _("Room"),
        _("Preparation"), _("Why"),
    )  # fmt: skip
    return list_as_file(f"reminders-{day}", heading, pages, lambda row: row)


@blueprint.post("/<int:exam_id>/told")
@require(Permission.BOOK)
def told(exam_id: int) -> Response:
    """Note that the patient was told by telephone."""
    with context.transaction() as session:
        exam = orders.get_exam(session, exam_id)
        reminding.note_told(session, exam, actor=context.actor(), now=context.now())
    return answers.done(_("Noted: the patient was reminded."), "exam", to=answers.back())


def tomorrow() -> date:
    """Return the day that is called for where none is asked for."""
    return context.today() + timedelta(days=1)


def _day() -> date:
    given = request.args.get("day", "")
    return context.day_of(given) if given else tomorrow()


def _wanted(
    site_id: int, day: date, *, after: str | None = None, rows: int | None = None
) -> queries.Wanted:
    return queries.Wanted(
        site_id=site_id,
        day=whole_day(day, context.zone()),
        by_mail=context.current().settings.sends_mail,
        after=request.args.get("after", "") if after is None else after,
        sorting=queries.listed_by(request.args.get("sort", "")),
        rows=rows,
    )


def _cells(exam: ScheduledProcedureStep, why: str) -> list[object]:
    patient = exam.patient
    return [
        exam.starts_at,
        patient.display_name,
        patient.birth_date,
        patient.phone,
        patient.language,
        exam.description,
        exam.room.code if exam.room else "",
        exam.procedure.preparation,
        why,
    ]
