"""Appointment notices (HL7 v2.4 chapter 10, IHE RAD-48)."""

from typing import Any

import pytest

from tests.support.outbound import make_audience, make_subject
from worklist.hl7.outbound.appointment_messages import appointment
from worklist.orders.status import StepStatus

SLOT = {"starts_at": "2026-11-25T08:30:00+00:00", "ends_at": "2026-11-25T08:45:00+00:00"}
EARLIER = {"starts_at": "2026-11-25T07:30:00+00:00", "ends_at": "2026-11-25T07:45:00+00:00"}


def test_a_booked_exam_is_a_new_appointment() -> None:
    draft = appointment(make_subject("exam.scheduled"), make_audience(version="2.4"))
    assert draft is not None
    assert (draft.type, draft.control) == ("SIU^S12^SIU_S12", "S12")
    assert draft.segments[0] == (
        "SCH||SPS00000021^WORKLIST||||NEW|^Headache \\T\\ fever||15|min"
        "|1^^^20261125093000+0100^20261125094500+0100^T"
        "|||||dana||||dana|||||Booked|P100^HIS|F00000009^WORKLIST"
    )
    assert [one[:3] for one in draft.segments[1:3]] == ["PID", "PV1"]
    assert draft.segments[3:] == (
        "RGS|1|A",
        "AIS|1|A|70450^CT head^C4|20261125093000+0100|||15|min|No|Booked",
        "AIG|1|A|CT01^CT01A|CT||||20261125093000+0100|||15|min",
        "AIL|1|A|Radiology^CT01^^MAIN^^^^^CT 1, emergency|D||20261125093000+0100|||15|min",
    )


def test_from_version_2_7_on_the_time_is_in_tq1() -> None:
    draft = appointment(make_subject("exam.scheduled"), make_audience(version="2.7"))
    assert draft is not None
    assert draft.segments[0].split("|")[11] == ""
    assert draft.segments[1] == "TQ1|1||||||20261125093000+0100|20261125094500+0100|T"


@pytest.mark.parametrize(
    ("action", "detail", "trigger", "code", "status"),
    [
        ("exam.moved", {"previous_slot": EARLIER, "slot": SLOT}, "S13", "U", "Booked"),
        ("exam.moved", {"previous_slot": SLOT, "slot": SLOT}, "S14", "U", "Booked"),
        ("exam.changed", {"first": True, "changed": ["priority"]}, "S14", "U", "Booked"),
        ("exam.canceled", {"previous": "SCHEDULED"}, "S15", "D", "Cancelled"),
        ("exam.unscheduled", {"previous": "ARRIVED"}, "S15", "D", "Cancelled"),
        ("exam.held", {"previous": "SCHEDULED"}, "S15", "D", "Cancelled"),
        ("exam.no_show", {"previous": "SCHEDULED"}, "S26", "X", "Noshow"),
    ],
)
def test_each_change_has_its_trigger(
    action: str, detail: dict[str, Any], trigger: str, code: str, status: str
) -> None:
    draft = appointment(make_subject(action, **detail), make_audience())
    assert draft is not None
    assert (draft.type, draft.control) == (f"SIU^{trigger}^SIU_S12", trigger)
    assert draft.segments[0].split("|")[25] == status
    assert {one.split("|")[2] for one in draft.segments[3:]} == {code}


def test_a_cancellation_says_why() -> None:
    subject = make_subject("exam.canceled", previous="READY", reason="Scanner down")
    draft = appointment(subject, make_audience())
    assert draft is not None
    assert draft.segments[0].split("|")[6] == "CANCELLED^Scanner down"


@pytest.mark.parametrize(
    ("action", "detail", "status"),
    [
        ("exam.canceled", {"previous": "UNSCHEDULED"}, StepStatus.CANCELED),
        ("exam.unscheduled", {"previous": "CANCELED"}, StepStatus.UNSCHEDULED),
        ("exam.changed", {"first": True, "changed": ["priority"]}, StepStatus.COMPLETED),
        ("exam.changed", {"first": True, "changed": ["danger_code"]}, StepStatus.SCHEDULED),
        ("exam.started", {}, StepStatus.STARTED),
    ],
)
def test_what_touches_no_appointment_is_no_notice(
    action: str, detail: dict[str, Any], status: StepStatus
) -> None:
    assert appointment(make_subject(action, status=status, **detail), make_audience()) is None


def test_an_appointment_made_elsewhere_keeps_its_number() -> None:
    subject = make_subject("exam.no_show")
    subject.exam.exam.appointment_number = "CLINIC|7788"
    draft = appointment(subject, make_audience())
    assert draft is not None
    assert draft.segments[0].startswith("SCH|7788^CLINIC|SPS00000021^WORKLIST|")
