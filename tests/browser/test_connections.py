"""The connections in a browser: a hospital system is paused and let go again."""

from playwright.sync_api import expect

from tests.support.browser import OpenAs
from tests.support.department import ACTOR, NOW, make_site
from worklist import db
from worklist.auth.roles import UserRole
from worklist.hl7.peers import queries
from worklist.hl7.peers import service as peers
from worklist.hl7.peers.file import PeerEntry


def test_a_peer_is_paused_and_resumed(open_as: OpenAs, session_factory: db.SessionFactory) -> None:
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


def test_a_peer_is_added_mended_and_taken_out_of_use(
    open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_site(session)
    page = open_as(UserRole.ADMINISTRATOR, path="/connections")
    page.get_by_role("link", name="New peer").click()
    page.get_by_label("Name, for ever").fill("LAB")
    page.get_by_label("Host, for MLLP").fill("lab.example")
    page.get_by_role("button", name="Add").click()
    port = page.get_by_label("Port", exact=True)
    expect(port).to_have_accessible_description(
        "expected host and port, or url, of a peer that is sent to"
    )
    port.fill("2575")
    page.locator("[name='senders.application']").first.fill("LAB")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="LAB", level=1)).to_be_visible()
    expect(page.locator("#history")).to_contain_text("added")
    page.get_by_role("button", name="Take out of use").click()
    expect(page.get_by_role("button", name="Put into use")).to_be_visible()
    with db.transaction(session_factory) as session:
        entry = queries.find(session, "LAB")
        assert entry is not None
        assert (entry.port, entry.senders[0].application) == (2575, "LAB")
        assert queries.entries(session) == ()
