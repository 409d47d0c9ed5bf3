"""``/connections``: every hospital system, scanner, image manager and the mail, live."""

from functools import partial

from flask import Blueprint, Response, render_template, request

from worklist.auth.roles import Permission
from worklist.hl7.outbound import service as outbox
from worklist.hl7.peers import service
from worklist.language.text import _, ngettext
from worklist.web import answers, context
from worklist.web.connections import peer, peers, queries
from worklist.web.language import tell
from worklist.web.permissions import require
from worklist.web.spreadsheet import list_as_file
from worklist.web.stations import queries as station_queries
from worklist.web.words import word

blueprint = Blueprint("connections", __name__, url_prefix="/connections")

blueprint.add_url_rule("/new-peer", "new_peer", peer.new)
blueprint.add_url_rule("/peers", "create_peer", peer.create, methods=["POST"])
blueprint.add_url_rule("/peers/<name>", "show_peer", peer.show)
blueprint.add_url_rule("/peers/<name>/history.csv", "peer_history_file", peer.history_file)
blueprint.add_url_rule("/peers/<name>", "save_peer", peer.change, methods=["POST"])
blueprint.add_url_rule("/peers/<name>/test", "test_peer", peer.test, methods=["POST"])
blueprint.add_url_rule(
    "/peers/<name>/<any(enable, disable):wanted>", "use_peer", peer.use, methods=["POST"]
)


@blueprint.get("")
@require(Permission.SEE_MESSAGES)
def overview() -> str:
    """Show every connection; htmx gets the part that follows what happens alone."""
    given = request.args.get
    by = {
        "peers": peers.sorting(given("sort", "")),
        "stations": station_queries.sorting(given("stations-sort", "") or "asked"),
        "managers": queries.managers_by(given("managers-sort", "")),
    }
    with context.transaction() as session:
        context.site(session)
        return render_template(
            "connections/live.html" if answers.is_htmx() else "connections/page.html",
            by=by,
            peers=peers.page(session, by["peers"], after=given("after", "")),
            stations=station_queries.stations(session, by["stations"], after=given("stations", "")),
            managers=queries.image_managers(session, by["managers"], after=given("managers", "")),
            mail=queries.mail(session),
            mail_server=context.current().settings.smtp_host,
        )


@blueprint.get("/peers.csv")
@require(Permission.SEE_MESSAGES)
def peers_file() -> Response:
    """Return the hospital systems with their state, as they are sorted."""
    by = peers.sorting(request.args.get("sort", ""))
    heading = (
        _("Name"),
        _("Description"),
        _("Address"),
        _("Gets"),
        _("In use"),
        _("Paused"),
        _("Waiting"),
        _("Since"),
        _("Last delivered"),
        _("Refused"),
        _("Failed"),
        _("Trouble"),
    )
    return list_as_file(
        "hospital-systems",
        heading,
        partial(peers.page, by=by),
        lambda one: [
            one.name,
            one.description,
            one.address,
            [word(kind) for kind in one.sends],
            one.active,
            one.paused,
            one.waiting,
            one.waiting_since,
            one.last_delivered_at,
            one.refused,
            one.failed,
            tell(one.last_error),
        ],
    )


@blueprint.get("/image-managers.csv")
@require(Permission.SEE_MESSAGES)
def managers_file() -> Response:
    """Return the image managers with what waits for them, as they are sorted."""
    by = queries.managers_by(request.args.get("managers-sort", ""))
    heading = (
        _("AE title"),
        _("Host"),
        _("Port"),
        _("In use"),
        _("Waiting"),
        _("Since"),
        _("Attempts"),
    )
    return list_as_file(
        "image-managers",
        heading,
        partial(queries.image_managers, sorting=by),
        lambda one: [
            one.manager.ae_title,
            one.manager.host,
            one.manager.port,
            one.manager.active,
            one.waiting,
            one.since,
            one.attempts,
        ],
    )


@blueprint.post("/peers/<name>/<any(pause, resume, retry):wanted>")
@require(Permission.ADMINISTER)
def change_peer(name: str, wanted: str) -> Response:
    """Keep messages to a peer waiting, let them go again, or try what waits at once."""
    with context.transaction() as session:
        if wanted == "retry":
            number = outbox.retry_now(session, name, actor=context.actor(), now=context.now())
            text = ngettext(
                "%(num)s message for %(peer)s is tried now.",
                "%(num)s messages for %(peer)s are tried now.",
                number,
                peer=name,
            )
        else:
            paused = wanted == "pause"
            service.pause(session, name, paused=paused, actor=context.actor(), now=context.now())
            text = (
                _("Messages to %(name)s are paused.", name=name)
                if paused
                else _("Messages to %(name)s are sent again.", name=name)
            )
    return answers.done(text, "peer")
