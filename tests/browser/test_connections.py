"""The connections in a browser: a hospital system is paused and let go again."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.department import ACTOR, NOW, make_site
from worklist import db
from worklist.auth.roles import UserRole
from worklist.hl7.peers import service as peers
from worklist.hl7.peers.file import PeerEntry


def test_a_peer_is_paused_and_resumed(
    open_as: Callable[..., Page], session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_site(session)
        entry = PeerEntry.model_validate(
            {"name": "HIS", "direction": "outbound", "host": "his.example", "port": 2575}
        )
        peers.save(session, entry, actor=ACTOR, now=NOW)
    page = open_as(UserRole.ADMINISTRATOR, path="/connections")
    row = page.get_by_role("row", name="HIS")
    row.get_by_role("button", name="Pause").click()
    expect(row.get_by_text("paused")).to_be_visible()
    row.get_by_role("button", name="Resume").click()
    expect(row.get_by_text("in order")).to_be_visible()
