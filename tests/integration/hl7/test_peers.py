"""Peers: the file, what a second load does, and whom a message is from."""

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.department import ACTOR, NOW
from worklist.audit import changes
from worklist.audit.models import AuditEvent
from worklist.errors import ConflictError, NotFoundError
from worklist.hl7.order_control import OrderAction
from worklist.hl7.peers import export, file, queries, service
from worklist.hl7.peers.file import PeerEntry, PeerFileError, Sender
from worklist.hl7.peers.models import Direction, Peer

PEERS = """
[[peers]]
name = "HIS"
direction = "both"
host = "his.example"
port = 2575
sends = ["order_status", "appointment"]
senders = [{ application = "HIS", facility = "GENERAL", addresses = ["10.1.0.0/16"] }]
order_control = { XX = "cancel", "SC_CM" = "status" }

[peers.received_values]
"OBR-24" = { XR = "DX" }

[[peers.received_moves]]
target = "OBR-18"
source = "ORC-3"

[[peers]]
name = "PACS"
direction = "outbound"
url = "https://pacs.example/hl7"
version = "2.5"
sends = ["procedure", "patient"]
"""


def load(session: Session, folder: Path, text: str = PEERS) -> str:
    path = folder / "peers.toml"
    path.write_text(text, "utf-8")
    return service.load_file(session, path, actor=ACTOR, now=NOW)


def test_a_second_load_changes_nothing(session: Session, tmp_path: Path) -> None:
    assert load(session, tmp_path) == "added: HIS, PACS"
    assert load(session, tmp_path) == "nothing changed"


def test_what_the_file_says_is_read_back(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path)
    his, pacs = queries.entries(session)
    assert (his.name, his.host, his.port, his.direction) == (
        "HIS",
        "his.example",
        2575,
        Direction.BOTH,
    )
    assert his.order_control == {"XX": OrderAction.CANCEL, "SC_CM": OrderAction.STATUS}
    assert his.received_values == {"OBR-24": {"XR": "DX"}}
    assert his.received_moves[0].source == "ORC-3"
    assert his.senders[0].addresses == ("10.1.0.0/16",)
    assert (pacs.url, pacs.sends) == ("https://pacs.example/hl7", ("procedure", "patient"))


def test_an_edited_file_changes_and_retires_peers(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path)
    edited = PEERS.replace("2575", "2576").replace('name = "PACS"', 'name = "ARCHIVE"')
    assert load(session, tmp_path, edited) == (
        "added: ARCHIVE; changed: HIS; taken out of use: PACS"
    )
    assert [one.name for one in queries.entries(session)] == ["ARCHIVE", "HIS"]
    assert load(session, tmp_path) == "changed: HIS, PACS; taken out of use: ARCHIVE"
    actions = session.execute(
        select(AuditEvent.action, AuditEvent.detail).order_by(AuditEvent.id)
    ).all()
    assert ("peer.changed", {"peer": "HIS", "fields": ["port"]}) in [tuple(row) for row in actions]
    told = [(one.before, one.after) for one in changes.history(session, "peer", "HIS")]
    assert told[:2] == [({"port": 2576}, {"port": 2575}), ({"port": 2575}, {"port": 2576})]


def test_what_was_changed_on_the_page_is_overwritten_only_on_demand(
    session: Session, tmp_path: Path
) -> None:
    load(session, tmp_path)
    his = queries.find(session, "HIS")
    assert his is not None
    edited = his.model_copy(update={"port": 2600})
    service.save(session, edited, actor="user:admin", now=NOW)
    for text in (PEERS, ""):
        with pytest.raises(ConflictError, match="HIS by admin"):
            load(session, tmp_path, text)
    path = tmp_path / "peers.toml"
    path.write_text(PEERS, "utf-8")
    told = service.load_file(session, path, actor=ACTOR, now=NOW, overwrite=True)
    assert told == "changed: HIS"


def test_saved_peers_load_again_without_a_change(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path)
    his, pacs = queries.entries(session)
    moves = [
        {"target": "ZBE-1", "value": "ward 3"},
        {"target": "OBR-18", "source": "ORC-3", "take": True},
    ]
    odd = {"sent_values": {"PID-5.1": {'say "x" \\ ü\x7f': ""}}, "sent_moves": moves}
    his = PeerEntry.model_validate(his.model_dump() | odd)
    service.save(session, his, actor="user:admin", now=NOW)
    assert load(session, tmp_path, export.as_toml([his, pacs])) == "nothing changed"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("port = 2575", "prot = 2575", "prot"),
        ("port = 2575", "port = 0", "peers.0.port"),
        ("port = 2575\n", "", "expected host and port, or url"),
        ('"both"', '"sideways"', "'inbound', 'outbound', 'both'"),
        ('"10.1.0.0/16"', '"ten"', "expected an IP address or network"),
        ('XX = "cancel"', 'XX = "burn"', "order_control.XX"),
        ('"OBR-24"', '"OBR24"', "received_values"),
        ('version = "2.5"', 'version = "2.4"', "procedure_message = 'ORM'"),
        ('version = "2.5"', 'character_set = "LATIN"', "table 0211"),
        ('name = "PACS"', 'name = "HIS"', "HIS is there more than once"),
        ("[[peers]]", "[[peers", "is not TOML"),
        (
            'version = "2.5"',
            'token_file = "/nowhere/token"',
            "PACS: token_file: No such file or directory.",
        ),
    ],
)
def test_a_wrong_file_is_refused_and_says_where(
    session: Session, tmp_path: Path, before: str, after: str, message: str
) -> None:
    with pytest.raises(PeerFileError, match=r"peers\.toml") as caught:
        load(session, tmp_path, PEERS.replace(before, after, 1))
    assert message in str(caught.value)
    assert session.scalars(select(Peer)).all() == []


def test_a_peer_is_paused_and_resumed(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path)
    assert service.pause(session, "HIS", paused=True, actor=ACTOR, now=NOW).paused
    assert load(session, tmp_path) == "nothing changed"
    assert not service.pause(session, "HIS", paused=False, actor=ACTOR, now=NOW).paused
    with pytest.raises(NotFoundError):
        service.pause(session, "NOBODY", paused=True, actor=ACTOR, now=NOW)


def peer(name: str, *senders: Sender, direction: Direction = Direction.INBOUND) -> PeerEntry:
    reach = {} if direction is Direction.INBOUND else {"host": "h", "port": 1}
    return PeerEntry.model_validate(
        {"name": name, "direction": direction, "senders": senders, **reach}
    )


@pytest.mark.parametrize(
    ("written", "assumed"),
    [
        ("unicode utf-8 ~ 8859/1", ["UNICODE UTF-8", "8859/1"]),
        ("~ISO IR87", ["ISO IR87"]),
        ("", ["ASCII"]),
    ],
)
def test_assumed_character_sets_are_those_of_table_0211(written: str, assumed: list[str]) -> None:
    entry = PeerEntry.model_validate(
        {"name": "HIS", "direction": "inbound", "assumed_character_set": written}
    )
    assert entry.assumed_character_sets == assumed


def test_the_sender_that_says_most_is_taken() -> None:
    peers = (
        peer("ANY", Sender(application="HIS")),
        peer("WARD", Sender(application="HIS", facility="WARD")),
        peer("NET", Sender(application="HIS", facility="WARD", addresses=("10.0.0.0/8",))),
        peer("OUT", Sender(application="PACS"), direction=Direction.OUTBOUND),
    )

    def of(application: str, facility: str, address: str) -> str | None:
        found = queries.sender(peers, application=application, facility=facility, address=address)
        return found.name if found else None

    assert of("HIS", "ELSEWHERE", "10.0.0.1") == "ANY"
    assert of("HIS", "WARD", "192.168.0.1") == "WARD"
    assert of("HIS", "WARD", "10.9.9.9") == "NET"
    assert of("HIS", "WARD", "") == "WARD"
    assert of("LAB", "WARD", "10.9.9.9") is None
    assert of("PACS", "", "10.9.9.9") is None


def test_the_manuals_example_is_a_peers_file(tmp_path: Path) -> None:
    manual = Path(__file__).parents[3] / "docs" / "hl7-outbound.md"
    example = manual.read_text("utf-8").split("```toml\n")[1].split("```")[0]
    (tmp_path / "peers.toml").write_text(example, "utf-8")
    his, pacs = file.read(tmp_path / "peers.toml").peers
    assert (his.name, pacs.name, pacs.tls) == ("HIS", "PACS", True)
