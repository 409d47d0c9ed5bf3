"""The page of a hospital system: add, edit, take out of use, try, and who changed what."""

import socket
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.support import web
from tests.support.department import ACTOR, NOW, make_site
from tests.support.ports import free_port
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.hl7.peers import queries
from worklist.hl7.peers import service as peers
from worklist.hl7.peers.file import PeerEntry
from worklist.hl7.peers.models import Peer

NEW = "/connections/new-peer"
PAGE = "/connections/peers/HIS"

# Every field of a peer, as the form sends it.
FILLED: dict[str, Any] = {
    "name": "HIS",
    "description": "Hospital information system",
    "direction": "both",
    "host": "127.0.0.1",
    "port": "2575",
    "url": "",
    "tls_ca_file": "/etc/ca.pem",
    "tls_certificate_file": "/etc/own.pem",
    "tls_key_file": "/etc/own.key",
    "token_file": "",
    "timeout_seconds": "20",
    "version": "2.5.1",
    "character_set": "8859/1",
    "assumed_character_set": "UNICODE UTF-8~8859/1",
    "processing_id": "T",
    "application": "HIS",
    "facility": "GENERAL",
    "own_application": "RIS",
    "own_facility": "RADIOLOGY",
    "acknowledgement": "application",
    "sends": ["order_status", "appointment"],
    "placer_issuers": "HIS\r\nWARD",
    "order_message": "ORM",
    "procedure_message": "OMI",
    "senders.application": ["HIS", ""],
    "senders.facility": ["GENERAL", ""],
    "senders.addresses": ["10.1.0.0/16, 10.2.0.1", ""],
    "order_control.code": ["XX", "SC_CM", ""],
    "order_control.action": ["cancel", "status", "new"],
    "received_values.place": ["OBR-24", "OBR-24", ""],
    "received_values.value": ["XR", "MRI", ""],
    "received_values.becomes": ["DX", "MR", ""],
    "received_moves.target": ["OBR-18", ""],
    "received_moves.source": ["ORC-3", ""],
    "received_moves.value": ["", ""],
    "received_moves.take": ["yes", ""],
    "sent_values.place": ["PV1-2", ""],
    "sent_values.value": ["E", ""],
    "sent_values.becomes": ["EMERGENCY", ""],
    "sent_moves.target": ["PID-18", "ZBE-1"],
    "sent_moves.source": ["PV1-19", ""],
    "sent_moves.value": ["", "ward 3"],
    "sent_moves.take": ["", ""],
}


@pytest.fixture
def admin(signed_in: SignIn, session_factory: db.SessionFactory) -> FlaskClient:
    with db.transaction(session_factory) as session:
        make_site(session)
    return signed_in(UserRole.ADMINISTRATOR)


def add(client: FlaskClient, **changed: Any) -> Any:
    return web.submit(client, "/connections/peers", NEW, **(FILLED | changed))


def entry(sessions: db.SessionFactory, name: str = "HIS") -> PeerEntry | None:
    with db.transaction(sessions) as session:
        return queries.find(session, name)


def save(client: FlaskClient, sessions: db.SessionFactory, **changed: Any) -> Any:
    with db.transaction(sessions) as session:
        seen = session.scalars(select(Peer.changed_at)).one().isoformat()
    return web.submit(client, PAGE, PAGE, **(FILLED | {"changed_at": seen} | changed))


def test_a_peer_is_added_with_every_field(
    admin: FlaskClient, session_factory: db.SessionFactory
) -> None:
    assert add(admin, tls="on").status_code == 303
    expected = PeerEntry.model_validate(
        {
            "name": "HIS",
            "description": "Hospital information system",
            "direction": "both",
            "host": "127.0.0.1",
            "port": 2575,
            "tls": True,
            "tls_ca_file": "/etc/ca.pem",
            "tls_certificate_file": "/etc/own.pem",
            "tls_key_file": "/etc/own.key",
            "timeout_seconds": 20,
            "version": "2.5.1",
            "character_set": "8859/1",
            "assumed_character_set": "UNICODE UTF-8~8859/1",
            "processing_id": "T",
            "application": "HIS",
            "facility": "GENERAL",
            "own_application": "RIS",
            "own_facility": "RADIOLOGY",
            "acknowledgement": "application",
            "sends": ["order_status", "appointment"],
            "placer_issuers": ["HIS", "WARD"],
            "order_message": "ORM",
            "procedure_message": "OMI",
            "senders": [
                {
                    "application": "HIS",
                    "facility": "GENERAL",
                    "addresses": ["10.1.0.0/16", "10.2.0.1/32"],
                }
            ],
            "order_control": {"XX": "cancel", "SC_CM": "status"},
            "received_values": {"OBR-24": {"XR": "DX", "MRI": "MR"}},
            "received_moves": [{"target": "OBR-18", "source": "ORC-3", "take": True}],
            "sent_values": {"PV1-2": {"E": "EMERGENCY"}},
            "sent_moves": [
                {"target": "PID-18", "source": "PV1-19"},
                {"target": "ZBE-1", "value": "ward 3"},
            ],
        }
    )
    assert entry(session_factory) == expected


def test_what_the_page_shows_is_saved_again_as_it_is(
    admin: FlaskClient, session_factory: db.SessionFactory
) -> None:
    add(admin, sends=["appointment", "order_status"])
    before = entry(session_factory)
    assert save(admin, session_factory, sends=["order_status", "appointment"]).status_code == 303
    assert entry(session_factory) == before
    text = admin.get(PAGE).text
    for shown in ("10.1.0.0/16, 10.2.0.1/32", "ward 3", 'value="SC_CM"', 'value="MRI"'):
        assert shown in text


WRONG_FIELDS: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"name": "two words"}, "name", "letters or signs here that do not belong"),
    ({"port": "70000"}, "port", "at most 65535"),
    ({"host": ""}, "host", "expected host and port, or url"),
    ({"url": "https://his.example"}, "url", "not both"),
    ({"tls_key_file": ""}, "tls_key_file", "together"),
    ({"character_set": "LATIN"}, "character_set", "table 0211"),
    ({"version": "2.4", "sends": ["procedure"]}, "procedure_message", "with version 2.4"),
    ({"token_file": "/nowhere/token"}, "token_file", "No such file or directory"),
    ({"token_file": "/etc/passwd"}, "token_file", "a name with “token” in it"),
)
WRONG_ROWS: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"senders.addresses": ["ten", ""]}, 'value="ten"', "expected an IP address"),
    (
        {"order_control.code": ["nw", "", ""]},
        'value="nw"',
        "letters or signs here that do not belong",
    ),
    (
        {"received_values.place": ["OBR24", "", ""]},
        'value="OBR24"',
        "letters or signs here that do not belong",
    ),
    ({"sent_moves.target": ["MSH-1", ""]}, 'value="MSH-1"', "are the delimiters"),
    ({"received_moves.source": ["", ""]}, 'value="OBR-18"', "either source or value"),
    ({"received_values.value": ["XR", "XR", ""]}, 'value="MR"', "OBR-24 XR stands here twice"),
)


def test_what_is_wrong_stands_at_its_field_or_in_its_row(
    admin: FlaskClient, session_factory: db.SessionFactory
) -> None:
    for changed, place, told in WRONG_FIELDS:
        answer = add(admin, **changed)
        assert answer.status_code == 422
        assert told in answer.text.split(f'id="wrong-{place}">')[1].split("</span>")[0]
        assert "Hospital information system" in answer.text, "what was typed stays"
    for changed, typed, told in WRONG_ROWS:
        answer = add(admin, **changed)
        assert answer.status_code == 422
        assert told in next(row for row in answer.text.split("<tr>") if typed in row)
    assert entry(session_factory) is None


def test_a_name_is_given_once(admin: FlaskClient) -> None:
    add(admin)
    answer = add(admin)
    assert answer.status_code == 422
    assert "another peer has this name" in answer.text.split('id="wrong-name">')[1]


def test_the_history_has_each_field_before_and_after(
    admin: FlaskClient, session_factory: db.SessionFactory
) -> None:
    add(admin)
    save(admin, session_factory, port="2600")
    history = admin.get(PAGE).text.split("<h2>History ")[1]
    changed = history.split("<td>changed</td>")[1].split("</tr>")[0]
    assert [part in changed for part in ("port", "2575", "2600")] == [True] * 3
    assert "dana" in history
    assert "<td>added</td>" in history


def test_what_another_has_changed_meanwhile_is_not_overwritten(
    admin: FlaskClient, session_factory: db.SessionFactory
) -> None:
    add(admin)
    assert save(admin, session_factory, changed_at="2026-01-01T00:00:00+00:00").status_code == 409


def test_a_peer_is_taken_out_of_use_and_back(
    admin: FlaskClient, session_factory: db.SessionFactory
) -> None:
    add(admin)
    for wanted, active in (("disable", False), ("enable", True)):
        assert web.submit(admin, f"{PAGE}/{wanted}", PAGE).status_code == 303
        with db.transaction(session_factory) as session:
            assert session.scalars(select(Peer.active)).one() is active


def test_the_connection_is_tried(admin: FlaskClient, session_factory: db.SessionFactory) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        add(admin, port=str(port))
        assert web.submit(admin, f"{PAGE}/test", PAGE).status_code == 303
        assert f"127.0.0.1 port {port} answers" in admin.get(PAGE).text
    refused = web.submit(admin, f"{PAGE}/test", PAGE)
    assert refused.status_code == 422
    assert "Connection refused" in refused.text
    save(admin, session_factory, port="", host="", direction="inbound")
    assert "there is no address" in web.submit(admin, f"{PAGE}/test", PAGE).text


def test_a_manager_sees_a_peer_and_changes_nothing(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_site(session)
        peers.save(
            session,
            PeerEntry.model_validate({"name": "HIS", "direction": "inbound"}),
            actor=ACTOR,
            now=NOW,
        )
    client = signed_in(UserRole.MANAGER)
    assert client.get(PAGE).status_code == 200
    assert client.get(NEW).status_code == 403
    for address in (PAGE, f"{PAGE}/test", f"{PAGE}/disable", "/connections/peers"):
        assert web.submit(client, address, PAGE).status_code == 403
    assert client.get("/connections/peers/NOBODY").status_code == 404


def test_what_is_wrong_is_told_in_the_language_of_the_page(admin: FlaskClient) -> None:
    admin.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de"
    wrong: tuple[tuple[dict[str, Any], str, str], ...] = (
        ({"port": "70000"}, "port", "höchstens 65535"),
        ({"host": ""}, "host", "erwartet werden Host und Port"),
        ({"character_set": "LATIN"}, "character_set", "Zeichensatz der HL7-Tabelle 0211"),
    )
    for changed, place, told in wrong:
        answer = add(admin, **changed)
        assert told in answer.text.split(f'id="wrong-{place}">')[1].split("</span>")[0]
