"""The department's own policy: kept with its history, and what everything places and counts by."""

from datetime import time, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_procedure,
    make_room,
    make_scanner,
    make_site,
)
from worklist.audit.models import AuditEvent
from worklist.cli import cli
from worklist.errors import DomainError
from worklist.scheduling import policy_file
from worklist.scheduling.placement import place
from worklist.scheduling.policies import queries, service
from worklist.scheduling.policies.parameters import parameters
from worklist.scheduling.policy_file import PolicyError
from worklist.scheduling.queries import exams_to_place
from worklist.vocabulary import PatientClass, Priority


def change(session: Session, **values: object) -> list[str]:
    return service.change(session, values, reason="Heads of 3 November", actor=ACTOR, now=NOW)


def test_without_changes_the_file_is_in_use(session: Session) -> None:
    assert queries.in_use(session) == policy_file.with_values({})
    assert queries.history(session) == []


def test_every_number_is_told_and_can_be_read_back() -> None:
    policy = policy_file.with_values({})
    values = policy_file.written(policy)
    assert set(values) == set(parameters()) == set(policy_file.NAMES)
    assert policy_file.policy(policy_file.checked(values, "values")) == policy
    assert all(one.text for one in parameters().values())


def test_a_change_is_in_use_and_keeps_who_when_before_after_and_why(session: Session) -> None:
    changed = change(session, step_minutes=10, other_day=24, target_hours={"STAT": 2})
    assert changed == ["step_minutes", "target_hours"]
    in_use = queries.in_use(session)
    assert in_use.step_minutes == 10
    assert in_use.target[Priority.STAT] == timedelta(hours=2)
    assert in_use.target[Priority.URGENT] == timedelta(hours=24)
    rows = {row.name: row for row in queries.history(session)}
    assert (rows["step_minutes"].before, rows["step_minutes"].after) == (5, 10)
    assert (rows["step_minutes"].actor, rows["step_minutes"].changed_at) == (ACTOR, NOW)
    event = session.scalar(select(AuditEvent).where(AuditEvent.action == "policy.changed"))
    assert event is not None
    assert event.detail["reason"] == "Heads of 3 November"


def test_a_number_goes_back_to_the_file(session: Session) -> None:
    change(session, step_minutes=10)
    assert change(session, step_minutes=None) == ["step_minutes"]
    assert queries.in_use(session).step_minutes == 5
    assert [row.after for row in queries.history(session)] == [None, 10]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"step_minutes": 0}, "step_minutes"),
        ({"target_hours": {"SOON": 1}}, "target_hours.SOON"),
        ({"colour": 1}, "no number colour"),
        ({"fixed_rooms": True}, "no number fixed_rooms"),
    ],
)
def test_a_wrong_value_changes_nothing(
    session: Session, values: dict[str, object], message: str
) -> None:
    with pytest.raises(PolicyError, match=message):
        change(session, fragment=1, **values)
    assert queries.in_use(session).fragment == 0.25


def test_a_change_needs_a_reason(session: Session) -> None:
    with pytest.raises(DomainError, match="reason"):
        service.change(session, {"step_minutes": 10}, reason=" ", actor=ACTOR, now=NOW)


def test_exams_are_placed_by_the_departments_policy(session: Session) -> None:
    make_scanner(session)
    change(session, daytime={"first": "13:00:00", "last": "14:00:00"}, kept_free={})
    exam = make_exam(session, priority=Priority.ASAP, patient_class=PatientClass.INPATIENT)
    place(session, exam.id, actor=ACTOR, now=NOW)
    assert exam.starts_at is not None
    assert exam.starts_at.time() == time(13)


def test_an_exam_last_tried_on_a_clock_that_was_put_back_is_tried_again(session: Session) -> None:
    room = make_room(session, make_site(session), "CT01", opens=time(8), closes=time(9))
    room.resource.active = False
    make_procedure(session)
    exam = make_exam(session)
    place(session, exam.id, actor=ACTOR, now=NOW)
    assert exams_to_place(session, now=NOW - timedelta(seconds=5)) == []
    assert exams_to_place(session, now=NOW - timedelta(hours=1)) == [exam.id]


def test_exams_without_a_slot_are_looked_at_again(session: Session) -> None:
    room = make_room(session, make_site(session), "CT01", opens=time(8), closes=time(9))
    room.resource.active = False
    make_procedure(session)
    exam = make_exam(session)
    place(session, exam.id, actor=ACTOR, now=NOW)
    later = NOW + timedelta(minutes=1)
    assert exams_to_place(session, now=later) == []
    change(session, horizon_days=90)
    session.refresh(exam)
    assert exams_to_place(session, now=later) == [exam.id]


def test_command_lists_loads_and_tells_the_history(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKLIST_DATABASE_URL", database)
    monkeypatch.setenv("WORKLIST_DATA_DIR", str(tmp_path / "var"))
    path = tmp_path / "own.toml"
    path.write_text("step_minutes = 15\n[patience]\nASAP = 30\n")

    def run(*words: str) -> str:
        done = CliRunner().invoke(cli, ["policy", *words], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    assert "step_minutes = 5 minutes\n" in run("list")
    assert "changed patience, step_minutes" in run("load", str(path), "--reason", "Heads")
    assert "step_minutes = 15 minutes (shipped: 5)\n" in run("list")
    assert "patience = STAT 0, URGENT 15, ASAP 30, ROUTINE 120" in run("list")
    assert "step_minutes: 5 -> 15, system:command: Heads" in run("history")
