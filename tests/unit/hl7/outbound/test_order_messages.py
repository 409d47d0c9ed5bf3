"""SN, SC and OC to the placer, each field written down by hand (IHE RAD TF-2 4.3)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.outbound import make_audience, make_requested, make_subject
from worklist.hl7.outbound.order_messages import order_cancelled, order_number, order_status
from worklist.orders.status import StepStatus

PID = (
    "PID|1||4711^^^GENERAL^MR||ROE^JANE^ANN^MSC^DR^^L||19700315|F"
    "|||Lake Street 1, 1010 Vienna||(555)123-4567~^NET^Internet^jane@example.org"
)
PV1 = f"PV1|1|I|W3 12|||||^HOUSE^GREGORY{'|' * 11}V55^^^^VN"
OBR_REST = (
    "|70450^CT head^C4|||||||||Fell.\\.br\\No surgery|||^AMBERLEY^IRIS^^^Dr"
    f"{'|' * 14}WALK|^Headache \\T\\ fever"
)


def test_an_order_made_here_asks_for_its_number() -> None:
    wanted = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
    requested = make_requested(placer_order_number=None, placer_issuer="", wanted_at=wanted)
    draft = order_number(make_subject("order.received", requested=requested), make_audience())
    assert draft is not None
    assert (draft.type, draft.control) == ("OMG^O19^OMG_O19", "SN")
    assert draft.segments == (
        PID,
        PV1,
        (
            "ORC|SN||F00000009^WORKLIST||||||20261124100000+0100|dana||^AMBERLEY^IRIS^^^Dr"
            "|||||MAIN^Lakeside General"
        ),
        "TQ1|1||||||20261125090000+0100||T",
        f"OBR|1||F00000009^WORKLIST{OBR_REST}",
    )


def test_before_version_2_5_the_wished_time_is_in_orc_and_obr() -> None:
    wanted = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
    requested = make_requested(placer_order_number=None, wanted_at=wanted)
    audience = make_audience(version="2.3.1", order_message="ORM")
    draft = order_number(make_subject("order.received", requested=requested), audience)
    assert draft is not None
    assert draft.type == "ORM^O01^ORM_O01"
    # Summer time: two hours ahead of UTC.
    timing = "1^^^20260701100000+0200^^T"
    assert draft.segments[2].split("|")[7] == timing
    assert draft.segments[3].split("|")[27] == timing
    assert [one[:3] for one in draft.segments] == ["PID", "PV1", "ORC", "OBR"]


def test_an_order_with_a_number_asks_for_none() -> None:
    assert order_number(make_subject("order.received"), make_audience()) is None


@pytest.mark.parametrize(
    ("action", "order", "code"),
    [
        ("exam.started", "in_progress", "IP"),
        ("exam.completed", "completed", "CM"),
        ("exam.discontinued", "discontinued", "DC"),
        ("exam.canceled", "completed", "CM"),
    ],
)
def test_the_placer_hears_how_far_the_order_is(action: str, order: str, code: str) -> None:
    subject = make_subject(action, status=StepStatus.STARTED, order_status=order)
    draft = order_status(subject, make_audience())
    assert draft is not None
    assert draft.segments[2] == (
        f"ORC|SC|P100^HIS|F00000009^WORKLIST||{code}||||20261124100000+0100|dana"
        "||^AMBERLEY^IRIS^^^Dr|||||MAIN^Lakeside General"
    )
    assert draft.segments[3] == f"OBR|1|P100^HIS|F00000009^WORKLIST{OBR_REST}"


@pytest.mark.parametrize(
    ("action", "detail"),
    [
        ("exam.started", {}),  # another step of the order had begun before
        ("exam.scheduled", {"order_status": "scheduled"}),
        ("exam.canceled", {"order_status": "canceled"}),
        ("exam.no_show", {"order_status": "discontinued"}),
    ],
)
def test_what_does_not_move_the_order_on_is_no_status(action: str, detail: dict[str, Any]) -> None:
    assert order_status(make_subject(action, **detail), make_audience()) is None


def test_a_cancelled_order_is_told_with_its_reason() -> None:
    subject = make_subject(
        "exam.canceled", order_status="canceled", previous="SCHEDULED", reason="Wrong patient"
    )
    draft = order_cancelled(subject, make_audience())
    assert draft is not None
    assert draft.control == "OC"
    assert draft.segments[2] == (
        "ORC|OC|P100^HIS|F00000009^WORKLIST||||||20261124100000+0100|dana"
        "||^AMBERLEY^IRIS^^^Dr||||^Wrong patient|MAIN^Lakeside General"
    )


def test_an_order_with_a_step_left_is_not_cancelled() -> None:
    assert order_cancelled(make_subject("exam.canceled"), make_audience()) is None
