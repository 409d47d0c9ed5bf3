"""Pages of the hospital systems with the state of their deliveries."""

from datetime import UTC, datetime
from functools import partial

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from worklist.hl7.outbound import queries
from worklist.hl7.outbound.queries import PeerState
from worklist.hl7.peers.models import Peer
from worklist.web.paging import Key, Page, Sorting, sorted_page

# To whom nothing was delivered, that was before all others.
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_COLUMNS: dict[str, Key | tuple[Key, ...]] = {
    "state": (case((Peer.active, 0), else_=1), Peer.paused),
    "name": Peer.name,
    "waiting": queries.waiting_for(Peer.name),
    "delivered": func.coalesce(queries.delivered_to(Peer.name), _NEVER),
}
# How the peers are sorted, as the address says it: else those in use first.
sorting = partial(Sorting.of, columns=_COLUMNS, unique=Peer.name)


def page(
    session: Session, by: Sorting, *, after: str = "", rows: int | None = None
) -> Page[PeerState]:
    """Return a page of the peers.

    Raises:
        DomainError: there is no such page.
    """
    found = sorted_page(session, select(Peer), by, after=after, rows=rows)
    return Page(queries.states_of(session, found.rows), found.after)
