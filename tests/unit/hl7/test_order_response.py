"""ORR, ORG and ORI for peers that want more than an ACK."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.support.outbound import make_peer
from worklist.hl7.acknowledge import acknowledge
from worklist.hl7.interpret import interpret
from worklist.hl7.message import Message, parse
from worklist.hl7.peers.file import PeerEntry

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
WANTS = make_peer(acknowledgement="application")
PID = "PID|1||4711^^^GENERAL^MR||ROE^JANE||19700315|F"


def answer(raw: str, peer: PeerEntry | None = WANTS) -> Message:
    reading = interpret(raw.encode(), zone=ZoneInfo("UTC"), now=NOW, peer=peer)
    given = acknowledge(
        reading.header, reading.error, now=NOW, codec=reading.codec, response=reading.response
    )
    return parse(given.content.decode())


def order(kind: str, *segments: str, version: str = "2.5.1", modes: str = "") -> str:
    header = f"MSH|^~\\&|HIS|GENERAL|WORKLIST|RAD|20261124080000||{kind}|1|P|{version}{modes}"
    return "".join(f"{one}\r" for one in (header, PID, *segments))


def lines(message: Message, *names: str) -> list[str]:
    return ["|".join(one.fields) for one in message.segments if one.name in names]


def test_orm_is_answered_by_orr() -> None:
    raw = order(
        "ORM^O01",
        "ORC|NW|P1^HIS||G7",
        "OBR|1|P1^HIS||71250^CT chest^C4",
        "ORC|CA|P2^HIS|F2^WORKLIST",
        version="2.3.1",
    )
    given = answer(raw)
    assert given.header.raw(9) == "ORR^O02^ORR_O02"
    assert lines(given, "MSA") == ["MSA|AA|1"]
    assert lines(given, "PID") == [PID]
    assert lines(given, "ORC") == ["ORC|OK|P1^HIS||G7", "ORC|CR|P2^HIS|F2^WORKLIST"]
    assert lines(given, "OBR") == ["OBR|1|P1^HIS||71250^CT chest^C4"]


@pytest.mark.parametrize(
    ("control", "granted", "unable"),
    [
        ("NW", "OK", "UA"),
        ("XO", "XR", "UX"),
        ("CA", "CR", "UC"),
        ("DC", "DR", "UD"),
        ("HD", "HR", "UH"),
        ("RL", "OR", "UR"),
    ],
)
def test_each_order_control_has_its_answer(control: str, granted: str, unable: str) -> None:
    segments = (f"ORC|{control}|P1^HIS", "OBR|1|P1^HIS||71250^CT chest^C4")
    given = answer(order("OMG^O19^OMG_O19", *segments))
    assert given.header.raw(9) == "ORG^O20^ORG_O20"
    assert given.require("ORC").text(1) == granted
    bad = order("OMG^O19^OMG_O19", f"ORC|{control}|", "OBR|1|||71250^CT chest^C4")
    refused = answer(bad)
    assert refused.require("MSA").text(1) == "AE"
    assert (refused.require("ERR").text(3), refused.require("ORC").text(1)) == ("101", unable)


def test_omi_is_answered_by_ori_with_its_ipc() -> None:
    ipc = "IPC|A1|RP1|1.2.3|SPS1|CT"
    obr = "OBR|1|P1^HIS||71250^CT chest^C4"
    given = answer(order("OMI^O23^OMI_O23", "ORC|NW|P1^HIS", "TQ1|1", obr, ipc))
    assert given.header.raw(9) == "ORI^O24^ORI_O24"
    assert [one.name for one in given.segments] == ["MSH", "MSA", "PID", "ORC", "OBR", "IPC"]
    assert lines(given, "IPC") == [ipc]


def test_who_does_not_ask_for_it_gets_an_ack() -> None:
    raw = order("OMG^O19^OMG_O19", "ORC|NW|P1^HIS", "OBR|1|P1^HIS||71250^CT chest^C4")
    for peer in (None, make_peer()):
        given = answer(raw, peer)
        assert given.header.raw(9) == "ACK^O19^ACK"
        assert [one.name for one in given.segments] == ["MSH", "MSA"]


def test_an_accept_acknowledgement_is_always_an_ack() -> None:
    segments = ("ORC|NW|P1^HIS", "OBR|1|P1^HIS||71250^CT chest^C4")
    given = answer(order("OMG^O19^OMG_O19", *segments, modes="|||AL|NE"))
    assert given.header.raw(9) == "ACK^O19^ACK"
    assert lines(given, "MSA") == ["MSA|CA|1"]


def test_what_is_no_order_gets_an_ack() -> None:
    given = answer(order("ADT^A08", "PV1|1|O"))
    assert given.header.raw(9) == "ACK^A08^ACK"
