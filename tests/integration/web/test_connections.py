"""The hospital systems around, with what waits for them."""

import pytest
from sqlalchemy import select

from tests.support import web
from tests.support.department import (
    ACTOR,
    NOW,
    make_room,
    make_site,
)
from tests.support.dicom import make_forward
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Site
from worklist.hl7.peers import service as peers
from worklist.hl7.peers.file import PeerEntry
from worklist.hl7.peers.models import Peer

PAGE = "/connections"


@pytest.fixture(autouse=True)
def hospital(session_factory: db.SessionFactory) -> None:
    """The hospital's system HIS, which messages go to."""
    with db.transaction(session_factory) as session:
        make_site(session)
        entry = PeerEntry.model_validate(
            {"name": "HIS", "direction": "outbound", "host": "his.example", "port": 2575}
        )
        peers.save(session, entry, actor=ACTOR, now=NOW)


def test_every_system_is_listed_with_its_state(signed_in: SignIn) -> None:
    text = signed_in(UserRole.MANAGER).get(PAGE).text
    assert "HIS" in text
    assert "his.example:2575" in text


def test_a_peer_is_paused_and_resumed_by_an_administrator(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    for wanted, paused in (("pause", True), ("resume", False)):
        answer = web.submit(client, f"{PAGE}/peers/HIS/{wanted}", PAGE)
        assert answer.status_code == 303
        with db.transaction(session_factory) as session:
            assert session.scalars(select(Peer)).one().paused is paused
    assert web.submit(client, f"{PAGE}/peers/HIS/retry", PAGE).status_code == 303
    assert web.submit(client, f"{PAGE}/peers/NOBODY/pause", PAGE).status_code == 404


def test_a_manager_looks_and_changes_nothing(signed_in: SignIn) -> None:
    client = signed_in(UserRole.MANAGER)
    assert web.submit(client, f"{PAGE}/peers/HIS/pause", PAGE).status_code == 403


def test_scanners_image_managers_and_mail_are_there_with_their_state(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_room(session, session.scalars(select(Site)).one(), "CT01")
        make_forward(session, "ARCHIVE", "pacs.example", attempts=3)
    text = signed_in(UserRole.MANAGER).get(PAGE).text
    assert 'href="/stations/CT01"' in text
    assert "silent" in text
    assert "pacs.example:104" in text
    assert "trouble" in text
    assert "Off: no mail server is set." in text


def test_more_systems_take_no_more_statements(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    client = signed_in(UserRole.MANAGER)
    asked = []
    for names in (("LAB",), ("PACS", "BILLING", "ARCHIVE")):
        with db.transaction(session_factory) as session:
            for name in names:
                entry = PeerEntry.model_validate(
                    {"name": name, "direction": "outbound", "host": "a.example", "port": 2575}
                )
                peers.save(session, entry, actor=ACTOR, now=NOW)
                make_forward(session, name)
        with web.statements(client) as statements:
            assert client.get(PAGE).status_code == 200
        asked.append(len(statements))
    assert asked[0] == asked[1]
