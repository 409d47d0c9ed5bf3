"""Looking for received messages, reading one, correcting a failed one, trying one beforehand."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.integration.hl7.conftest import Nudges
from tests.support.department import ACTOR, NOW
from tests.support.inbox import UTC, Inbox, exam_of, order_of
from tests.support.messages import load, order
from worklist.errors import ConflictError, DomainError, NotFoundError
from worklist.hl7.browser import MessageFilter, detail, search
from worklist.hl7.correction import correct
from worklist.hl7.dry_run import DryRun, dry_run
from worklist.hl7.models import InboundMessage, InboxState
from worklist.hl7.peers import service as peers
from worklist.hl7.peers.file import PeerEntry
from worklist.orders.models import ImagingServiceRequest
from worklist.patients.models import Patient
from worklist.web.messages import queries as pages


def _found(session: Session, **wanted: object) -> list[str]:
    session.expire_all()
    statement = search(session, MessageFilter(**wanted))  # type: ignore[arg-type]
    found = session.scalars(statement.order_by(InboundMessage.id.desc()))
    return [message.control_id for message in found]


def test_messages_are_found_by_what_people_know(inbox: Inbox, session: Session) -> None:
    inbox.take(order("1", control_id="A"))
    inbox.take(order("2", control_id="B", patient="4712"))
    inbox.take(order("9", control_id="C", control="CA"))
    inbox.take(load("adt_a40"))
    assert _found(session, control_id="B") == ["B"]
    assert _found(session, patient="4712") == ["B"]
    # The cancel of an unknown order concerned nobody here, but names the number of this patient.
    assert _found(session, patient="4711") == ["MSG00007", "C", "A"]
    assert _found(session, patient="roe") == ["MSG00007", "B", "A"]
    assert _found(session, accession=order_of(session, "1").accession_number) == ["A"]
    assert _found(session, message_type="orm") == ["C", "B", "A"]
    assert _found(session, message_type="ADT^A40") == ["MSG00007"]
    assert _found(session, state=InboxState.FAILED) == ["C"]
    assert _found(session, since=NOW + timedelta(hours=1)) == []


def test_pages_follow_each_other_by_key(inbox: Inbox, session: Session) -> None:
    for number in range(5):
        inbox.receive(order(str(number), control_id=f"N{number}"))

    def page(after: str) -> tuple[list[str], str | None]:
        found = pages.inbox(session, MessageFilter(), newest, after=after, rows=2)
        return [one.control_id for one in found.rows], found.after

    newest = pages.received_by("")
    first, after = page("")
    assert first == ["N4", "N3"]
    inbox.receive(order("late", control_id="LATE"))
    second, after = page(after or "")
    assert second == ["N2", "N1"]
    assert page(after or "") == (["N0"], None)


def test_a_message_is_shown_with_names_and_what_it_did(inbox: Inbox, session: Session) -> None:
    done = inbox.take(load("orm_new_ct_contrast"))
    shown = detail(session, done.id)
    names = {one.place: one.name for segment in shown.segments for one in segment.fields}
    assert names["MSH-10"] == "Message control id"
    assert names["PID-3"] == "Patient identifier list"
    assert names["ORC-2"] == "Placer order number"
    assert names["ZDS-1"] == "Study instance UID"
    texts = {one.place: one.text for segment in shown.segments for one in segment.fields}
    assert texts["OBR-31"] == "^Cough & fever"
    assert texts["MSH-2"] == "^~\\&"
    assert [one.name for one in shown.answer] == ["MSH", "MSA"]
    assert shown.order is not None
    assert shown.patient is not None
    assert [exam.id for exam in shown.exams] == [exam_of(session).id]
    assert shown.text.splitlines()[1].startswith("PID|1||4711")


def test_the_field_of_an_error_is_marked(inbox: Inbox, session: Session) -> None:
    done = inbox.take(order("1", code="99999"))
    marked = {one.name: one.error_field for one in detail(session, done.id).segments}
    assert marked == {"MSH": None, "PID": None, "PV1": None, "ORC": None, "OBR": 4}


def test_a_message_that_nobody_can_read_is_shown_too(inbox: Inbox, session: Session) -> None:
    done = inbox.take(b"hello\xff")
    assert detail(session, done.id).segments == []
    assert detail(session, done.id).text == "helloÿ"
    with pytest.raises(NotFoundError):
        detail(session, 987654)


def _correct(session: Session, message_id: int, text: str) -> InboundMessage:
    made = correct(session, message_id, text, actor=ACTOR, now=NOW, zone=UTC)
    session.commit()
    return made


def test_a_failed_message_is_corrected_and_done_and_the_original_kept(
    inbox: Inbox, session: Session, nudges: Nudges
) -> None:
    failed = inbox.take(order("1", code="99999"))
    text = detail(session, failed.id).text
    made = _correct(session, failed.id, text.replace("99999", "71250").replace("JANE", "JÄNE"))
    assert nudges.named("workers.hl7.process")[-1] == made.id
    inbox.sweep()
    session.expire_all()
    done = detail(session, made.id)
    assert done.message.state is InboxState.PROCESSED
    assert (done.message.channel, done.message.corrects_id) == ("page", failed.id)
    assert order_of(session, "1").patient.name == "ROE^JÄNE"
    original = detail(session, failed.id)
    assert original.message.state is InboxState.CORRECTED
    assert original.message.raw == order("1", code="99999")
    assert original.corrected_by == made.id
    with pytest.raises(ConflictError, match="CORRECTED"):
        _correct(session, failed.id, text)


def test_a_correction_that_corrects_nothing_is_refused(inbox: Inbox, session: Session) -> None:
    failed = inbox.take(order("1", code="99999"))
    text = detail(session, failed.id).text
    with pytest.raises(DomainError, match="Nothing was changed"):
        _correct(session, failed.id, text)
    with pytest.raises(DomainError, match=r"Still wrong \(OBR-4\)"):
        _correct(session, failed.id, text.replace("99999^SOMETHING^C4", ""))
    with pytest.raises(DomainError, match="Still wrong"):
        _correct(session, failed.id, "no message")
    done = inbox.take(order("2"))
    with pytest.raises(ConflictError, match="PROCESSED"):
        _correct(session, done.id, "MSH|x")
    with pytest.raises(NotFoundError):
        _correct(session, 987654, "MSH|x")


def _lines(_session: Session, exam_id: int) -> Sequence[str]:
    return [f"entry of {exam_id}"]


def _try(inbox: Inbox, raw: bytes, peer: str = "") -> DryRun:
    return dry_run(inbox.sessions, raw, now=NOW, zone=UTC, entry_text=_lines, peer_name=peer)


def test_a_dry_run_tells_everything_and_stores_nothing(
    inbox: Inbox, session: Session, nudges: Nudges
) -> None:
    result = _try(inbox, load("orm_new_ct_contrast"))
    assert result.answer.code == "AA"
    assert result.patient.endswith("(4711)")
    assert "order.received" in result.events
    (trial,) = result.orders
    (exam,) = trial.exams
    assert trial.placer_order_number == "P1001"
    assert exam.findings  # a severe reaction to contrast before
    assert exam.reason
    assert nudges.tasks == []
    for table in (InboundMessage, Patient, ImagingServiceRequest):
        assert session.scalar(select(func.count()).select_from(table)) == 0


def test_a_dry_run_tells_room_time_and_entry(inbox: Inbox) -> None:
    (trial,) = _try(inbox, order("1")).orders
    (exam,) = trial.exams
    assert (exam.status, exam.room) == ("SCHEDULED", "CT01")
    assert exam.entry[0].startswith("entry of ")


def test_a_dry_run_tells_what_would_fail(inbox: Inbox) -> None:
    unknown = _try(inbox, order("1", code="99999"))
    assert (unknown.answer.code, unknown.place) == ("AA", "OBR^1^4")
    assert unknown.error.startswith("103 Table value not found")
    refused = _try(inbox, order("1").replace(b"2.3.1", b"3.0"))
    assert refused.answer.code == "AR"
    assert b"MSA|AR" in refused.answer.content


def test_a_dry_run_by_a_chosen_peer(inbox: Inbox, session: Session) -> None:
    profile = PeerEntry.model_validate(
        {
            "name": "ODD",
            "direction": "inbound",
            "received_values": {"OBR-4.1": {"99999": "71250"}},
        }
    )
    peers.save(session, profile, actor=ACTOR, now=NOW)
    session.commit()
    assert _try(inbox, order("1", code="99999")).error
    assert not _try(inbox, order("1", code="99999"), peer="ODD").error
    with pytest.raises(NotFoundError, match="NOBODY"):
        _try(inbox, order("1"), peer="NOBODY")
