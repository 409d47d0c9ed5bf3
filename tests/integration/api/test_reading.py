"""The reading queue by the API: claims, reports, critical findings, steps without an exam."""

from collections.abc import Callable

import pytest

from tests.support.api import Program
from tests.support.department import ACTOR, NOW, make_exam
from worklist import db
from worklist.auth.roles import UserRole
from worklist.performing import service as performing
from worklist.reading import entering
from worklist.scheduling import placement

pytestmark = pytest.mark.usefixtures("department")


@pytest.fixture
def reader(program: Callable[..., Program]) -> Program:
    return program(UserRole.RADIOLOGIST, username="reader")


@pytest.fixture
def task_id(session_factory: db.SessionFactory) -> int:
    """A case that is to be read."""
    with db.transaction(session_factory) as session:
        exam = make_exam(session, reason="Cough")
        placement.place(session, exam.id, actor=ACTOR, now=NOW)
        performing.start(session, exam, actor=ACTOR, now=NOW)
        performing.complete(session, exam, actor=ACTOR, now=NOW)
        task = entering.admit(session, exam.requested_procedure_id, now=NOW)
        assert task is not None
        return task.id


def test_the_next_case_is_claimed_read_and_signed(reader: Program, task_id: int) -> None:
    assert [one["id"] for one in reader.get("/reading")["items"]] == [task_id]
    case = reader.post("/reading/next", {})["case"]
    assert (case["id"], case["status"]) == (task_id, "CLAIMED")
    assert case["claimed_by"]["display_name"] == "Reader"
    report = {"kind": "preliminary", "content": "Looks well."}
    reader.post(f"/reading/{task_id}/reports", report, status=201)
    final = {"kind": "final", "content": "No finding."}
    reader.post(f"/reading/{task_id}/reports", final, status=201, Idempotency_Key="r1")
    reader.post(f"/reading/{task_id}/reports", final, status=201, Idempotency_Key="r1")
    reader.post(f"/reading/{task_id}/reports", final, status=409)
    added = {"kind": "addendum", "content": "Nor before."}
    reader.post(f"/reading/{task_id}/reports", added, status=201)
    detail = reader.get(f"/reading/{task_id}")
    assert (detail["case"]["status"], detail["reason"]) == ("READ", "Cough")
    assert [one["kind"] for one in detail["reports"]] == ["PRELIMINARY", "FINAL", "ADDENDUM"]


def test_a_claim_is_one_readers(
    reader: Program, program: Callable[..., Program], task_id: int
) -> None:
    other = program(UserRole.RADIOLOGIST, username="other")
    reader.post(f"/reading/{task_id}/claim")
    other.post(f"/reading/{task_id}/claim", status=409)
    assert reader.post(f"/reading/{task_id}/renew") == {"kept": True}
    assert other.post(f"/reading/{task_id}/renew") == {"kept": False}
    assert reader.post(f"/reading/{task_id}/release")["status"] == "READY"
    reader.post(f"/reading/{task_id}/reserve")
    assert reader.post(f"/reading/{task_id}/give-back")["assigned_to"] is None
    reader.post(f"/reading/{task_id}/claim")
    reader.post(f"/reading/{task_id}/leave")
    assert reader.post(f"/reading/{task_id}/finish")["status"] == "READ"


def test_more_images_are_asked_for(
    reader: Program, program: Callable[..., Program], task_id: int, desk: Program
) -> None:
    technologist = program(UserRole.TECHNOLOGIST, username="tech")
    reader.post(f"/reading/{task_id}/claim")
    asked = reader.post(f"/reading/{task_id}/ask-for-more", {"reason": "Lateral view"})
    assert (asked["status"], asked["pending_reason"]) == ("PENDING", "Lateral view")
    desk.post(f"/reading/{task_id}/resolve", {"answer": "Done"}, status=403)
    told = technologist.post(f"/reading/{task_id}/resolve", {"answer": "Done"})
    assert told["pending_answer"] == "Done"


def test_a_critical_finding_is_raised_and_told(reader: Program, task_id: int) -> None:
    body = {"category": "minutes", "content": "Tension pneumothorax", "recipient": "Dr Huber"}
    raised = reader.post(f"/reading/{task_id}/critical", body, status=201)
    assert raised["due_at"] == "2026-11-24T09:30:00Z"
    assert [one["id"] for one in reader.get("/reading/critical")["open"]] == [raised["id"]]
    told = {"name": "Dr Huber", "means": "phone"}
    address = f"/reading/critical/{raised['id']}"
    assert reader.post(f"{address}/acknowledge", told)["acknowledged_by"] == "Dr Huber"
    reader.post(f"{address}/withdraw", {"reason": "Mistake"}, status=409)
    assert reader.get("/reading/critical")["open"] == []


def test_a_filter_is_kept_under_a_name(reader: Program) -> None:
    kept = reader.ask("PUT", "/own/filters/night", {"tab": ["ready"], "modality": ["CT"]})
    (one,) = kept["items"]
    assert (one["name"], one["query"]) == ("night", {"tab": ["ready"], "modality": ["CT"]})
    assert reader.post(f"/own/filters/{one['id']}/forget") == {"items": []}


def test_the_queue_is_narrowed(reader: Program, task_id: int) -> None:
    assert reader.get("/reading?modality=MR")["items"] == []
    assert reader.get("/reading?waiting_minutes=5")["items"] == []
    assert [one["id"] for one in reader.get("/reading?priority=URGENT")["items"]] == [task_id]
    assert reader.get(f"/reading/{task_id}/templates") == {"items": []}
    reader.get(f"/reading/{task_id}/templates/1", status=404)


def test_steps_without_an_exam_are_listed(program: Callable[..., Program]) -> None:
    technologist = program(UserRole.TECHNOLOGIST, username="tech")
    assert technologist.get("/performed/unscheduled") == {"items": [], "next": None}
    for action in ("link", "reject", "order"):
        body = {"link": {"exam_id": 1}, "reject": {"reason": "Phantom"}}.get(
            action, {"patient_id": 1, "procedure_code": "71250"}
        )
        technologist.post(f"/performed/99/{action}", body, status=404)


def test_several_cases_are_changed_together_or_not_at_all(
    reader: Program, program: Callable[..., Program], task_id: int
) -> None:
    both = {"task_ids": [task_id, task_id + 1]}
    refused = reader.post("/reading/several/reserve", both, status=409)
    assert refused["type"] == "urn:worklist:problem:batch"
    assert [one["task_id"] for one in refused["refusals"]] == [task_id + 1]
    one = {"task_ids": [task_id]}
    assert reader.get(f"/reading/{task_id}")["case"]["assigned_to"] is None
    (kept,) = reader.post("/reading/several/reserve", one)["items"]
    assert kept["assigned_to"]["display_name"] == "Reader"
    reader.post("/reading/several/assign", one | {"reader_id": None}, status=403)
    lead = program(UserRole.MANAGER, username="lead")
    (freed,) = lead.post("/reading/several/assign", one | {"reader_id": None})["items"]
    assert freed["assigned_to"] is None
    reader.post("/reading/several/release", one, status=409)
