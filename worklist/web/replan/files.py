"""The proposals, and whom each of them would move, as files for spreadsheets."""

from functools import partial

from flask import Response, request

from worklist.auth.roles import Permission
from worklist.language.text import _
from worklist.scheduling.replanning import queries
from worklist.scheduling.replanning.models import ProposalStatus, ReplanMove, ReplanProposal
from worklist.web import context, words
from worklist.web.language import tell
from worklist.web.permissions import require
from worklist.web.replan import queries as proposed
from worklist.web.spreadsheet import as_file, list_as_file


@require(Permission.BOOK)
def proposals() -> Response:
    """Return the proposals, all pages of them, as they are filtered and sorted."""
    by = proposed.sorting(request.args.get("sort", ""))
    pages = partial(proposed.proposals, by=by, status=proposed.asked_status())
    heading = (
        _("Made"), _("Reason"), _("Until"), _("Exams that move"), _("To call"), _("State"),
    )  # fmt: skip
    return list_as_file("plans", heading, pages, _of_proposal)


@require(Permission.BOOK)
def moves(proposal_id: int) -> Response:
    """Return every move, with whom to call."""
    with context.transaction() as session:
        plan = queries.proposal(session, proposal_id)
    heading = (
        _("Patient"), _("Phone"), _("Modality"), _("Exam"), _("Priority"), _("Before"), _("Room"),
        _("After"), _("Room"), _("Call"),
    )  # fmt: skip
    return as_file(f"plan-{proposal_id}", heading, map(_of_move, plan.moves))


def _of_proposal(plan: ReplanProposal) -> list[object]:
    return [
        plan.made_at,
        tell(plan.reason),
        plan.ends_at,
        len(plan.moves),
        sum(one.must_call for one in plan.moves),
        words.proposal_status(ProposalStatus(plan.status)),
    ]


def _of_move(move: ReplanMove) -> list[object]:
    exam = move.exam
    return [
        exam.patient.display_name,
        exam.patient.phone,
        exam.modality,
        exam.description,
        exam.order.priority,
        move.starts_before,
        move.room_before.code if move.room_before else "",
        move.starts_after,
        move.room_after.code if move.room_after else "",
        move.must_call,
    ]
