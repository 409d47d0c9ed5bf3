"""A department's thresholds: in use at once, with who, when, before, after and why."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_contrast_ct,
    make_exam,
    make_patient,
    make_procedure,
    make_room,
    make_site,
)
from worklist.audit.models import AuditEvent
from worklist.errors import DomainError
from worklist.patients.details import FactDetails
from worklist.patients.models import FactKind, FactOrigin
from worklist.rulebook import file, queries, service
from worklist.rulebook.models import ThresholdChange
from worklist.rules.parameters import ThresholdError, shipped
from worklist.scheduling import service as scheduling
from worklist.scheduling.assessment import assess
from worklist.scheduling.placement import place
from worklist.scheduling.queries import exams_to_place
from worklist.vocabulary import PatientClass


def change(session: Session, reason: str = "Contrast committee", **values: object) -> list[str]:
    return service.change(session, values, reason=reason, actor=ACTOR, now=NOW)


def test_without_changes_the_shipped_thresholds_are_in_use(session: Session) -> None:
    assert queries.thresholds(session) == shipped()
    assert queries.history(session) == []


def test_a_change_is_in_use_and_keeps_who_when_before_after_and_why(session: Session) -> None:
    assert change(session, egfr_low=35, help_age=8) == ["egfr_low"]
    assert queries.thresholds(session).egfr_low == 35
    (row,) = queries.history(session)
    assert (row.name, row.before, row.after) == ("egfr_low", 30.0, 35.0)
    assert (row.actor, row.changed_at, row.reason) == (ACTOR, NOW, "Contrast committee")
    event = session.scalar(select(AuditEvent).where(AuditEvent.action == "rules.changed"))
    assert event is not None
    assert event.detail["changes"] == {"egfr_low": {"before": 30.0, "after": 35.0}}


def test_the_newest_change_counts_and_the_shipped_value_can_come_back(session: Session) -> None:
    change(session, egfr_low=35)
    change(session, egfr_low=40, repeat_days={"CT": 14})
    assert queries.own_values(session) == {"egfr_low": 40, "repeat_days": {"CT": 14}}
    assert change(session, egfr_low=None) == ["egfr_low"]
    assert queries.thresholds(session).egfr_low == 30
    assert [row.after for row in queries.history(session, name="egfr_low")] == [None, 40, 35]


def test_a_wrong_value_changes_nothing(session: Session) -> None:
    with pytest.raises(ThresholdError, match="help_age"):
        change(session, egfr_low=35, help_age="eight")
    with pytest.raises(ThresholdError, match="egfr_lowest"):
        change(session, egfr_low=35, egfr_lowest=None)
    assert queries.thresholds(session) == shipped()


def test_a_change_needs_a_reason(session: Session) -> None:
    with pytest.raises(DomainError, match="reason"):
        change(session, reason=" ", egfr_low=35)
    session.add(
        ThresholdChange(name="egfr_low", before=30, after=35, reason=" ", actor="x", changed_at=NOW)
    )
    with pytest.raises(IntegrityError, match="ck_threshold_changes_reason"):
        session.flush()


def test_a_threshold_of_another_version_is_left_out(session: Session) -> None:
    session.add(
        ThresholdChange(name="gone", before=1, after=2, reason="Then", actor="x", changed_at=NOW)
    )
    session.flush()
    assert queries.thresholds(session) == shipped()


def test_rules_judge_by_the_departments_thresholds(session: Session) -> None:
    make_room(session, make_site(session), "CT01")
    make_contrast_ct(session)
    patient = make_patient(session)
    egfr = FactDetails(
        kind=FactKind.EGFR, value={"number": 33}, observed_at=NOW, origin=FactOrigin.LABORATORY
    )
    scheduling.record_facts(session, patient.id, [egfr], actor=ACTOR, now=NOW)
    exam = make_exam(session, patient=patient, patient_class=PatientClass.OUTPATIENT)
    assert assess(session, exam, now=NOW).holds == ()
    change(session, egfr_low=35)
    assert [one.rule for one in assess(session, exam, now=NOW).holds] == ["IC-02"]
    assert assess(session, exam, now=NOW, thresholds=shipped()).holds == ()


def test_exams_without_a_slot_are_looked_at_again(session: Session) -> None:
    make_room(session, make_site(session), "CT01")
    make_procedure(session, irradiates_pelvis=True, body_part="ABDOMEN")
    exam = make_exam(
        session, patient=make_patient(session, sex="F"), patient_class=PatientClass.OUTPATIENT
    )
    place(session, exam.id, actor=ACTOR, now=NOW)
    later = NOW + timedelta(minutes=1)
    assert exams_to_place(session, now=later) == []
    change(session, pregnancy_age_to=45)
    session.refresh(exam)
    assert exams_to_place(session, now=later) == [exam.id]


def test_a_file_of_thresholds(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(
        'reason = "Committee of 3 November"\n'
        "[thresholds]\negfr_low = 35\nultrasound_until = 11:30:00\n"
    )
    content = file.read(path)
    changed = service.change(session, content.values, reason=content.reason, actor=ACTOR, now=NOW)
    assert changed == ["egfr_low", "ultrasound_until"]
    assert queries.own_values(session) == {"egfr_low": 35, "ultrasound_until": "11:30:00"}
    assert (
        service.change(session, content.values, reason=content.reason, actor=ACTOR, now=NOW) == []
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("egfr_low = 35", "expected reason"),
        ("[thresholds", "is not TOML"),
        ("reason = 3\n[thresholds]\negfr_low = 35", "expected reason"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(content)
    with pytest.raises(DomainError, match=message):
        file.read(path)
