"""OMI^O23 and ORM^O01 with ZDS to the image manager (IHE RAD TF-2 4.4 and 4.13)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.outbound import (
    STARTS,
    add_step,
    make_audience,
    make_requested,
    make_slot,
    make_subject,
)
from worklist.hl7.outbound.procedure_messages import procedure
from worklist.hl7.outbound.segments import Draft
from worklist.hl7.outbound.subject import Appointment, OrderSubject, Step
from worklist.orders.models import RequestedProcedure
from worklist.orders.status import StepStatus


def make_step(
    requested: RequestedProcedure,
    sps_id: str,
    slot: Appointment | None,
    status: StepStatus = StepStatus.SCHEDULED,
) -> Step:
    return Step(add_step(requested, sps_id, status), slot, status)


def drafted(subject: OrderSubject, told: str = "", **peer: Any) -> Draft:
    draft = procedure(subject, make_audience(told=told, **peer))
    assert draft is not None
    return draft


def test_omi_tells_of_a_scheduled_procedure() -> None:
    draft = drafted(make_subject("exam.scheduled"))
    assert (draft.type, draft.control) == ("OMI^O23^OMI_O23", "NW")
    assert draft.segments[2:] == (
        # IHE RAD-4 forbids ORC-7, OBR-15 and OBR-27 in OMI: TQ1 has the time.
        (
            "ORC|NW|P100^HIS|F00000009^WORKLIST||SC||||20261124100000+0100|dana"
            "||^AMBERLEY^IRIS^^^Dr|||||MAIN^Lakeside General"
        ),
        "TQ1|1||||||20261125093000+0100|20261125094500+0100|T",
        (
            "OBR|1|P100^HIS|F00000009^WORKLIST|70450^CT head^C4"
            "|||||||||Fell.\\.br\\No surgery|||^AMBERLEY^IRIS^^^Dr"
            f"{'|' * 14}WALK|^Headache \\T\\ fever{'|' * 13}70450^CT head^C4"
        ),
        (
            "IPC|A00000005^WORKLIST|RP00000003^WORKLIST|1.2.3.4|SPS00000021^WORKLIST|CT"
            "|70450^CT head^C4|CT01A|CT01|CT01"
        ),
    )


def test_omi_has_an_ipc_for_each_step_that_takes_place() -> None:
    requested = make_requested()
    late, early = make_slot(STARTS + timedelta(hours=1), "CT02"), make_slot()
    steps = (
        make_step(requested, "SPS1", late),
        make_step(requested, "SPS2", early),
        make_step(requested, "SPS3", None, StepStatus.UNSCHEDULED),
        make_step(requested, "SPS4", late, StepStatus.CANCELED),
    )
    draft = drafted(make_subject("exam.scheduled", requested=requested, steps=steps))
    ipcs = [one.split("|") for one in draft.segments if one.startswith("IPC")]
    assert [(one[4], one[9]) for one in ipcs] == [
        ("SPS1^WORKLIST", "CT02"),
        ("SPS2^WORKLIST", "CT01"),
    ]
    # The procedure begins with its earliest step.
    assert draft.segments[3].split("|")[7] == "20261125093000+0100"


def test_orm_repeats_the_order_for_each_step_and_ends_with_zds() -> None:
    requested = make_requested()
    requested.laterality = "L"
    steps = (
        make_step(requested, "SPS1", make_slot()),
        make_step(requested, "SPS2", make_slot(STARTS + timedelta(hours=1), "CT02")),
    )
    subject = make_subject("exam.scheduled", requested=requested, steps=steps)
    draft = drafted(subject, version="2.3.1", procedure_message="ORM")
    assert (draft.type, draft.control) == ("ORM^O01^ORM_O01", "NW")
    assert [one[:3] for one in draft.segments] == [
        *("PID", "PV1", "ORC", "OBR", "ORC", "OBR", "ZDS"),
    ]
    first, second = (
        "1^^^20261125093000+0100^20261125094500+0100^T",
        ("1^^^20261125103000+0100^20261125104500+0100^T"),
    )
    assert draft.segments[2] == (
        f"ORC|NW|P100^HIS|F00000009^WORKLIST||SC||{first}||20261124100000+0100|dana"
        "||^AMBERLEY^IRIS^^^Dr|||||MAIN^Lakeside General|CT01"
    )
    assert draft.segments[3] == (
        "OBR|1|P100^HIS|F00000009^WORKLIST|70450^CT head^C4^70450^CT head^C4"
        "|||||||||Fell.\\.br\\No surgery||^^^^L|^AMBERLEY^IRIS^^^Dr||A00000005|RP00000003|SPS1"
        f"||||CT|||{first}|||WALK|^Headache \\T\\ fever{'|' * 13}70450^CT head^C4"
    )
    fields = draft.segments[5].split("|")
    assert (fields[1], fields[20], fields[27]) == ("2", "SPS2", second)
    assert draft.segments[6] == "ZDS|1.2.3.4^WORKLIST^Application^DICOM"


def status_of(action: str) -> StepStatus:
    word = action.removeprefix("exam.").upper()
    return StepStatus(word) if word in set(StepStatus) else StepStatus.SCHEDULED


@pytest.mark.parametrize(
    ("action", "detail", "told", "control", "status"),
    [
        ("exam.scheduled", {}, "NW", "XO", "SC"),
        ("exam.scheduled", {}, "CA", "NW", "SC"),
        ("exam.moved", {}, "NW", "XO", "SC"),
        ("exam.moved", {}, "", "NW", "SC"),
        ("exam.changed", {"first": True, "changed": ["reason", "wanted_at"]}, "XO", "XO", "SC"),
        ("exam.completed", {"previous": "STARTED"}, "NW", "XO", "CM"),
        ("exam.canceled", {"previous": "SCHEDULED"}, "XO", "CA", "CA"),
        ("exam.no_show", {"previous": "SCHEDULED"}, "NW", "CA", "CA"),
        ("exam.discontinued", {"previous": "STARTED"}, "NW", "DC", "CA"),
        # An exam that nobody had scheduled is told when it begins.
        ("exam.started", {"previous": "UNSCHEDULED"}, "", "NW", "SC"),
    ],
)
def test_each_course_has_its_codes(
    action: str, detail: dict[str, Any], told: str, control: str, status: str
) -> None:
    draft = drafted(make_subject(action, status=status_of(action), **detail), told)
    fields = draft.segments[2].split("|")
    assert (draft.control, fields[1], fields[5]) == (control, control, status)


@pytest.mark.parametrize(
    ("action", "detail", "told"),
    [
        ("exam.started", {"previous": "SCHEDULED"}, "NW"),
        ("exam.canceled", {"previous": "SCHEDULED"}, ""),
        ("exam.canceled", {"previous": "SCHEDULED"}, "CA"),
        ("exam.discontinued", {"previous": "STARTED"}, ""),
        ("exam.changed", {"first": True, "changed": ["reason"]}, ""),
        ("exam.changed", {"first": True, "changed": ["wanted_at"]}, "NW"),
    ],
)
def test_what_the_image_manager_need_not_know_is_not_told(
    action: str, detail: dict[str, Any], told: str
) -> None:
    subject = make_subject(action, status=status_of(action), **detail)
    assert procedure(subject, make_audience(told=told)) is None


def test_of_two_steps_the_last_one_ends_the_procedure() -> None:
    requested = make_requested()
    done = make_step(requested, "SPS1", make_slot(), StepStatus.COMPLETED)
    open_ = make_step(requested, "SPS2", make_slot())

    def codes(event: str, *steps: Step) -> list[str] | None:
        subject = make_subject(event, requested=requested, steps=steps, previous="STARTED")
        draft = procedure(subject, make_audience(told="NW"))
        return draft.segments[2].split("|")[1:6:4] if draft else None

    assert codes("exam.completed", done, open_) is None
    assert codes("exam.completed", done, replace(open_, status=StepStatus.COMPLETED)) == [
        "XO",
        "CM",
    ]
    gone = replace(open_, status=StepStatus.CANCELED)
    # What is left of a procedure of which a step is cancelled.
    assert codes("exam.canceled", gone, replace(done, status=StepStatus.SCHEDULED)) == ["XO", "SC"]


def test_a_cancelled_procedure_names_its_steps_though_they_have_no_slot() -> None:
    subject = make_subject("exam.canceled", status=StepStatus.CANCELED, previous="SCHEDULED")
    without = replace(
        subject, steps=tuple(Step(one.exam, None, one.status) for one in subject.steps)
    )
    draft = drafted(without, "NW")
    assert draft.segments[-1] == (
        "IPC|A00000005^WORKLIST|RP00000003^WORKLIST|1.2.3.4|SPS00000021^WORKLIST|CT"
        "|70450^CT head^C4"
    )
