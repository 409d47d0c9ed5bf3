"""``/connections``: every system around with its live state; one station's list and questions."""

from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.dicom.explain import Explanation, exams_of, explain
from worklist.hl7.outbound import queries as outbound
from worklist.hl7.outbound import service as outbox
from worklist.hl7.peers import service as peers
from worklist.orders import service as orders
from worklist.orders.models import ScheduledProcedureStep
from worklist.web import answers, context
from worklist.web.connections import queries
from worklist.web.permissions import require

blueprint = Blueprint("connections", __name__, url_prefix="/connections")


@blueprint.get("")
@require(Permission.SEE_MESSAGES)
def overview() -> str:
    """Show peers and stations."""
    return _overview("connections/page.html")


@blueprint.get("/live")
@require(Permission.SEE_MESSAGES)
def live() -> str:
    """Show the part that follows what happens."""
    return _overview("connections/live.html")


@blueprint.post("/peers/<name>/<any(pause, resume, retry):wanted>")
@require(Permission.ADMINISTER)
def change_peer(name: str, wanted: str) -> Response:
    """Keep messages to a peer waiting, let them go again, or try what waits at once."""
    with context.transaction() as session:
        if wanted == "retry":
            number = outbox.retry_now(session, name, actor=context.actor(), now=context.now())
            text = f"{number} messages to {name} are tried again now."
        else:
            paused = wanted == "pause"
            peers.pause(session, name, paused=paused, actor=context.actor(), now=context.now())
            text = f"Messages to {name} {'wait' if paused else 'go'} from now on."
    return answers.done(text, "peer")


@blueprint.get("/stations/<ae_title>")
@require(Permission.SEE_SCHEDULE)
def station(ae_title: str) -> str:
    """Show what a scanner asked, what it would get now, and why an exam is or is not there."""
    with context.transaction() as session:
        context.site(session)
        return render_template(
            "connections/station.html",
            station=queries.station(session, ae_title),
            queries=queries.newest_queries(session, ae_title),
            explanations=_explanations(session, ae_title),
            accession=request.args.get("accession", ""),
        )


def _overview(template: str) -> str:
    with context.transaction() as session:
        context.site(session)
        return render_template(
            template,
            peers=outbound.peer_states(session),
            stations=queries.stations(session),
            page_address=url_for("connections.live"),
        )


def _explanations(session: Session, ae_title: str) -> list[Explanation]:
    return [
        explain(
            session,
            exam,
            ae_title,
            now=context.now(),
            default_zone=context.current().settings.time_zone,
        )
        for exam in _asked_about(session)
    ]


def _asked_about(session: Session) -> list[ScheduledProcedureStep]:
    """Return the exams of the query: ``?exam=7`` or ``?accession=A00000007``."""
    exam_id = request.args.get("exam", type=int)
    if exam_id is not None:
        return [orders.get_exam(session, exam_id)]
    accession = request.args.get("accession", "").strip()
    return exams_of(session, accession.upper()) if accession else []
