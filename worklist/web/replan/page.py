"""``/replan``: proposals, what each would move, and the word that applies or dismisses it."""

from datetime import timedelta

from flask import Blueprint, Response, render_template, request, url_for

from worklist.auth.roles import Permission
from worklist.errors import DomainError
from worklist.language.text import _, ngettext
from worklist.scheduling.displaced import displaced_exams
from worklist.scheduling.intervals import Interval
from worklist.scheduling.replanning import queries, service
from worklist.scheduling.replanning.models import ProposalStatus
from worklist.web import answers, context
from worklist.web.exams import story
from worklist.web.permissions import require
from worklist.web.replan import files
from worklist.web.replan import queries as proposed

blueprint = Blueprint("replan", __name__, url_prefix="/replan")
blueprint.add_url_rule("/list.csv", "proposals_file", files.proposals)
blueprint.add_url_rule("/<int:proposal_id>/moves.csv", "moves_file", files.moves)

MOST_DAYS = 7


@blueprint.get("")
@require(Permission.BOOK)
def overview() -> str:
    """Show who must move, the proposals, and the form that asks for one."""
    by, status = proposed.sorting(request.args.get("sort", "")), proposed.asked_status()
    with context.transaction() as session:
        context.site(session)
        coming = Interval(context.now(), context.now() + timedelta(days=MOST_DAYS))
        return render_template(
            "replan/page.html",
            proposals=proposed.proposals(
                session, by, status=status, after=request.args.get("after", "")
            ),
            sorting=by,
            status=status,
            statuses=list(ProposalStatus),
            displaced=displaced_exams(session, coming, now=context.now()),
            most=MOST_DAYS,
        )


@blueprint.post("")
@require(Permission.BOOK)
def propose() -> Response:
    """Look for a better plan now."""
    days = request.form.get("days", type=int) or service.DAYS
    if not 1 <= days <= MOST_DAYS:
        raise DomainError(_("Choose from 1 to %(most_days)s days.", most_days=MOST_DAYS))
    with context.transaction() as session:
        made = service.propose(
            session,
            reason=request.form.get("reason", "").strip()[:200] or _("Asked for by the desk."),
            actor=context.actor(),
            now=context.now(),
            days=days,
            seconds=context.current().settings.replan_seconds,
        )
        if made is None:
            return answers.done(_("No plan is better than today's."))
        address = url_for("replan.show", proposal_id=made.id)
    return answers.done(_("Here is a plan. Nothing has moved yet."), to=address)


@blueprint.get("/<int:proposal_id>")
@require(Permission.BOOK)
def show(proposal_id: int) -> str:
    """Show every move, before and after, and who must be called."""
    with context.transaction() as session:
        return render_template(
            "replan/proposal.html",
            proposal=queries.proposal(session, proposal_id),
            who=story.who,
        )


@blueprint.post("/<int:proposal_id>/apply")
@require(Permission.BOOK)
def apply(proposal_id: int) -> Response:
    """Move every exam as it says, or none."""
    number = apply_whole(proposal_id)
    address = url_for("replan.show", proposal_id=proposal_id)
    text = ngettext("%(num)s exam has moved.", "%(num)s exams have moved.", number)
    return answers.done(text, "exam", to=address)


@blueprint.post("/<int:proposal_id>/dismiss")
@require(Permission.BOOK)
def dismiss(proposal_id: int) -> Response:
    """Put the proposal aside."""
    with context.transaction() as session:
        service.dismiss(session, proposal_id, actor=context.actor(), now=context.now())
    return answers.done(_("Put aside."), to=url_for("replan.overview"))


def apply_whole(proposal_id: int) -> int:
    """Move every exam as it says and return how many those are; a stale one is marked so.

    Raises:
        PlanStaleError: things have changed since; nothing is moved.
    """
    try:
        with context.transaction() as session:
            made = service.apply(session, proposal_id, actor=context.actor(), now=context.now())
            return len(made.moves)
    except service.PlanStaleError as error:
        with context.transaction() as session:
            service.mark_stale(
                session, proposal_id, str(error), actor=context.actor(), now=context.now()
            )
        raise
