"""``/waiting``: offers to call about, and everyone who waits."""

from flask import Blueprint, Response, render_template

from worklist.auth.roles import Permission
from worklist.language.text import _
from worklist.orders import service as orders
from worklist.scheduling.waiting import service
from worklist.web import answers, context, open_lists
from worklist.web.orders.inbox import modalities_in_use
from worklist.web.permissions import require
from worklist.web.waiting import files, queries

blueprint = Blueprint("waiting", __name__, url_prefix="/waiting")
blueprint.add_url_rule("/list.csv", "entries_file", files.entries)
blueprint.add_url_rule("/offers.csv", "offers_file", files.offers)


@blueprint.get("")
@require(Permission.BOOK)
def overview() -> Response | str:
    """Show the open offers and the list, or what news changes of them.

    Filter, pages and sortings are in the address.
    """
    wanted = queries.asked()
    with context.transaction() as session:
        if seen := open_lists.seen():
            lists = queries.changes(session, wanted, seen, now=context.now())
            if not any(one.is_whole for one in lists):
                return open_lists.answer("waiting/changes.html", lists, is_recounted=False)
        return render_template(
            "waiting/list.html" if answers.is_htmx() else "waiting/page.html",
            wanted=wanted,
            offers=queries.offers(session, wanted, now=context.now()),
            entries=queries.entries(session, wanted),
            modalities=modalities_in_use(session),
        )


@blueprint.post("/offers/<int:offer_id>/accept")
@require(Permission.BOOK)
def accept(offer_id: int) -> Response:
    """Move the exam to the slot offered."""
    with context.transaction() as session:
        made = service.accept(session, offer_id, actor=context.actor(), now=context.now())
        text = made.summary
    return answers.done(_("Booked. %(text)s", text=text), "exam", to=answers.back())


@blueprint.post("/offers/<int:offer_id>/decline")
@require(Permission.BOOK)
def decline(offer_id: int) -> Response:
    """Note that the patient does not want the slot; the next is asked."""
    with context.transaction() as session:
        service.decline(session, offer_id, actor=context.actor(), now=context.now())
    return answers.done(_("Noted. The next patient is asked."), "exam", to=answers.back())


@blueprint.post("/exams/<int:exam_id>")
@require(Permission.BOOK)
def enrol(exam_id: int) -> Response:
    """Put an exam on the list."""
    with context.transaction() as session:
        exam = orders.get_exam(session, exam_id)
        note = _("Put on the list by the desk.")
        service.enrol(session, exam, note=note, actor=context.actor(), now=context.now())
    return answers.done(_("The exam is on the waiting list."), "exam")


@blueprint.post("/exams/<int:exam_id>/leave")
@require(Permission.BOOK)
def leave(exam_id: int) -> Response:
    """Take an exam off the list; it keeps its slot."""
    with context.transaction() as session:
        service.leave(session, exam_id, actor=context.actor(), now=context.now())
    return answers.done(_("The exam is off the waiting list."), "exam", to=answers.back())
