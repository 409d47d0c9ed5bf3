"""The systems around: peers with their queues, scanners with their lists."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from pynetdicom.dsutils import encode
from sqlalchemy import select

from tests.support import web
from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_procedure,
    make_room,
    make_site,
)
from worklist import db
from worklist.auth.roles import UserRole
from worklist.dicom import query_log
from worklist.dicom.client import worklist_query
from worklist.hl7.peers import service as peers
from worklist.hl7.peers.file import PeerEntry
from worklist.hl7.peers.models import Peer
from worklist.scheduling import placement

SignIn = Callable[..., FlaskClient]
PAGE = "/connections"


@pytest.fixture
def exam_id(session_factory: db.SessionFactory) -> int:
    """An exam in CT01, which asked for its list three minutes ago; the hospital HIS."""
    with db.transaction(session_factory) as session:
        make_room(session, make_site(session), "CT01")
        make_room(session, make_site(session, "EAST"), "MR01", modality="MR")
        make_procedure(session)
        exam = make_exam(session)
        placement.place(session, exam.id, actor=ACTOR, now=NOW)
        asked = query_log.Asked(
            calling="CT01",
            address="10.1.2.3",
            identifier=encode(
                worklist_query(station="CT01"), is_implicit_vr=True, is_little_endian=True
            )
            or b"",
            transfer_syntax="1.2.840.10008.1.2",
            fuzzy_names=False,
            asked_at=NOW - timedelta(minutes=3),
            outcome="success",
            answers=4,
            milliseconds=7.25,
        )
        query_log.write(session, [asked])
        entry = PeerEntry.model_validate(
            {"name": "HIS", "direction": "outbound", "host": "his.example", "port": 2575}
        )
        peers.save(session, entry, actor=ACTOR, now=NOW)
        return exam.id


def test_every_system_is_listed_with_its_state(signed_in: SignIn, exam_id: int) -> None:
    assert exam_id
    text = signed_in(UserRole.MANAGER).get(PAGE).text
    assert "HIS" in text
    assert "his.example:2575" in text
    assert "3 min ago" in text
    assert "10.1.2.3" in text
    assert "has not asked within the time" in text  # MR01


def test_a_peer_is_paused_and_resumed_by_an_administrator(
    signed_in: SignIn, session_factory: db.SessionFactory, exam_id: int
) -> None:
    assert exam_id
    client = signed_in(UserRole.ADMINISTRATOR)
    for wanted, paused in (("pause", True), ("resume", False)):
        answer = web.submit(client, f"{PAGE}/peers/HIS/{wanted}", PAGE)
        assert answer.status_code == 303
        with db.transaction(session_factory) as session:
            assert session.scalars(select(Peer)).one().paused is paused
    assert web.submit(client, f"{PAGE}/peers/HIS/retry", PAGE).status_code == 303
    assert web.submit(client, f"{PAGE}/peers/NOBODY/pause", PAGE).status_code == 404


def test_a_manager_looks_and_changes_nothing(signed_in: SignIn, exam_id: int) -> None:
    assert exam_id
    client = signed_in(UserRole.MANAGER)
    assert web.submit(client, f"{PAGE}/peers/HIS/pause", PAGE).status_code == 403


def test_an_exam_is_explained_line_by_line(signed_in: SignIn, exam_id: int) -> None:
    client = signed_in(UserRole.TECHNOLOGIST)
    on = client.get(f"{PAGE}/stations/CT01?exam={exam_id}").text
    assert "is on its list" in on
    off = client.get(f"{PAGE}/stations/MR01?exam={exam_id}").text
    assert "is not on its list" in off
    assert "CT01" in off


def test_what_is_not_known_is_told(signed_in: SignIn, exam_id: int) -> None:
    assert exam_id
    client = signed_in(UserRole.TECHNOLOGIST)
    assert client.get(f"{PAGE}/stations/XX99").status_code == 404
    unknown = client.get(f"{PAGE}/stations/CT01?accession=A99")
    assert "no order with accession number A99" in unknown.text
