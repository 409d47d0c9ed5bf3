"""Hospital systems for programs: their state, their profiles, and whether they answer."""

from datetime import datetime

from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.errors import ConflictError
from worklist.hl7.outbound import queries as outbound
from worklist.hl7.outbound import service as outbox
from worklist.hl7.peers import queries, service
from worklist.hl7.peers.file import PeerEntry
from worklist.hl7.peers.models import Direction, Peer
from worklist.language.text import _
from worklist.web import context
from worklist.web.api.fields import After, Done, ListQuery, Output, Page, SortedBy
from worklist.web.api.incoming import page_after
from worklist.web.api.operations import Operations
from worklist.web.api.problems import ApiError
from worklist.web.connections import peers
from worklist.web.connections import queries as image_managers
from worklist.web.connections.peer import peer_named, try_peer

api = Operations("Connections", "Hospital systems: how they are spoken with, how it goes.")


class PeerState(Output):
    """A peer and how deliveries to it go."""

    id: int
    name: str
    description: str
    direction: Direction
    address: str
    version: str
    active: bool
    paused: bool
    sends: list[str]
    waiting: int
    waiting_since: datetime | None
    next_attempt_at: datetime | None
    attempts: int
    last_error: str
    last_delivered_at: datetime | None
    refused: int
    failed: int


class PeersQuery(ListQuery):
    """``sort`` is state (those in use first), name, waiting or delivered, with ``-`` backwards."""

    sort: SortedBy = ""
    after: After = ""


class ManagersQuery(ListQuery):
    """``sort`` is ae_title, address or waiting, with ``-`` backwards."""

    sort: SortedBy = ""
    after: After = ""


class ManagerState(Output):
    """An image manager, the messages that wait for it, and the most attempts of one of them."""

    ae_title: str
    host: str
    port: int
    active: bool
    waiting: int
    since: datetime | None
    attempts: int


class PeerProfile(Output):
    """A peer's profile; ``changed_at`` is its ETag."""

    changed_at: datetime
    active: bool
    profile: PeerEntry

    def etag(self) -> str:
        """A peer has no version: the time of the last change says the same."""
        return self.changed_at.isoformat()


@api.get("/peers", Permission.SEE_MESSAGES, twins="connections.overview")
def list_peers(session: Session, query: PeersQuery) -> Page[PeerState]:
    """List the hospital systems with their live state, those in use first."""
    sorting = peers.sorting(query.sort)
    found = peers.page(session, sorting, after=query.after, rows=query.limit)
    items = [PeerState.model_validate(one) for one in found.rows]
    return Page(items=items, next=page_after(found.after))


@api.get("/image-managers", Permission.SEE_MESSAGES, twins="connections.overview")
def list_image_managers(session: Session, query: ManagersQuery) -> Page[ManagerState]:
    """List the image managers with what waits for them."""
    sorting = image_managers.managers_by(query.sort)
    found = image_managers.image_managers(session, sorting, after=query.after, rows=query.limit)
    items = [
        ManagerState(
            ae_title=one.manager.ae_title,
            host=one.manager.host,
            port=one.manager.port,
            active=one.manager.active,
            waiting=one.waiting,
            since=one.since,
            attempts=one.attempts,
        )
        for one in found.rows
    ]
    return Page(items=items, next=page_after(found.after))


@api.post(
    "/peers",
    Permission.ADMINISTER,
    creates="/peers/{profile[name]}",
    twins="connections.create_peer",
)
def create_peer(session: Session, body: PeerEntry) -> PeerProfile:
    """Add a hospital system."""
    service.add(session, body, actor=context.actor(), now=context.now())
    session.flush()
    return _profile(peer_named(session, body.name))


@api.get("/peers/<name>", Permission.SEE_MESSAGES, twins="connections.show_peer")
def read_peer(session: Session, name: str) -> PeerProfile:
    """Return how a hospital system is spoken with."""
    return _profile(peer_named(session, name))


@api.put("/peers/<name>", Permission.ADMINISTER, twins="connections.save_peer")
def change_peer(session: Session, name: str, body: PeerEntry, if_match: str | None) -> PeerProfile:
    """Bring a hospital system to this profile; its name stays."""
    peer = peer_named(session, name)
    if if_match is not None and if_match != peer.changed_at.isoformat():
        raise ConflictError(_("%(name)s was changed meanwhile: look again and repeat.", name=name))
    if body.name != name:
        text = _("A peer keeps its name: send the one of the address.")
        raise ApiError(422, "invalid", text, errors=[{"where": "body.name", "what": text}])
    service.save(session, body, actor=context.actor(), now=context.now())
    session.flush()
    return _profile(peer_named(session, name))


@api.post("/peers/<name>/test", Permission.ADMINISTER, twins="connections.test_peer")
def test_peer(name: str) -> Done:
    """Connect to a hospital system as for a message, and say what came of it."""
    return Done(text=try_peer(name))


@api.post(
    "/peers/<name>/<any(enable, disable, pause, resume, retry):wanted>",
    Permission.ADMINISTER,
    twins="connections.use_peer connections.change_peer",
)
def use_peer(session: Session, name: str, wanted: str) -> PeerState:
    """Take a system out of use or back, keep its messages or let them go, or try them at once."""
    peer = peer_named(session, name)
    actor, now = context.actor(), context.now()
    if wanted == "retry":
        outbox.retry_now(session, name, actor=actor, now=now)
    elif wanted in {"pause", "resume"}:
        service.pause(session, name, paused=wanted == "pause", actor=actor, now=now)
    else:
        service.use(session, name, in_use=wanted == "enable", actor=actor, now=now)
    session.flush()
    (state,) = outbound.states_of(session, [peer])
    return PeerState.model_validate(state)


def _profile(peer: Peer) -> PeerProfile:
    return PeerProfile(
        changed_at=peer.changed_at, active=peer.active, profile=queries.as_entry(peer)
    )
