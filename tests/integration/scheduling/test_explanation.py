"""What a placement keeps of its reasons, in sentences."""

from datetime import time, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_contrast_ct,
    make_exam,
    make_procedure,
    make_resource,
    make_room,
    make_site,
)
from worklist.catalogue.models import Block, Closure, ResourceKind, Site
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling import service
from worklist.scheduling.availability import as_range
from worklist.scheduling.intervals import Interval
from worklist.scheduling.placement import place
from worklist.scheduling.policies import service as policies
from worklist.vocabulary import PatientClass, Priority

HOUR = timedelta(hours=1)


@pytest.fixture
def site(session: Session) -> Site:
    make_procedure(session)
    return make_site(session)


def explanation(session: Session, exam: ScheduledProcedureStep) -> dict[str, object]:
    made = place(session, exam.id, actor=ACTOR, now=NOW)
    assert made is not None
    return made.explanation


def reasons(kept: dict[str, object], room: str) -> str:
    rooms = kept["rooms"]
    assert isinstance(rooms, list)
    return " ".join(next(one["reasons"] for one in rooms if one["room"] == room))


def test_says_what_took_the_room_before(session: Session, site: Site) -> None:
    # 09:00-09:15 booked, 09:15-10:00 closed, 10:00-11:00 kept for emergencies, shut until 09:00.
    room = make_room(session, site, "CT01", opens=time(9), closes=time(17))
    quarter = NOW + timedelta(minutes=15)
    service.book(session, make_exam(session), room_id=room.id, starts_at=NOW, actor=ACTOR, now=NOW)
    closed, kept = Interval(quarter, NOW + HOUR), Interval(NOW + HOUR, NOW + 2 * HOUR)
    session.add(Closure(resource_id=room.id, during=as_range(closed), reason="Service"))
    session.add(Block(resource_id=room.id, during=as_range(kept), purpose="E"))
    session.flush()
    sentence = reasons(explanation(session, make_exam(session)), "CT01")
    for part in (
        "We looked for a time in CT01 from Tue 24 Nov 09:00 to Tue 24 Nov 11:00.",
        "Other patients are booked there for 15 min.",
        "It is closed for 45 min (Service).",
        "1 h of its time are kept for emergencies.",
    ):
        assert part in sentence


def test_says_why_free_time_was_no_time_for_the_exam(session: Session, site: Site) -> None:
    """From 21:00 an exam that is not urgent waits for 07:00; then 10 minutes are too short."""
    room = make_room(session, site, "CT01")
    evening = NOW + timedelta(hours=12)
    morning = NOW + timedelta(hours=22, minutes=10)
    service.book(
        session, make_exam(session), room_id=room.id, starts_at=morning, actor=ACTOR, now=NOW
    )
    policies.change(session, {"kept_free": {}}, reason="Test", actor=ACTOR, now=NOW)
    exam = make_exam(session, priority=Priority.ROUTINE)
    made = place(session, exam.id, actor=ACTOR, now=evening)
    assert made is not None
    sentence = reasons(made.explanation, "CT01")
    assert "free for 10 h at times of the day when such an exam is not started." in sentence
    assert "free for 10 min in pieces that are too short for the exam." in sentence
    assert "Other patients are booked there for 15 min." in sentence


def test_says_nothing_of_the_minutes_until_the_next_start(session: Session, site: Site) -> None:
    make_room(session, site, "CT01")
    made = place(session, make_exam(session).id, actor=ACTOR, now=NOW + timedelta(minutes=2))
    assert made is not None
    assert reasons(made.explanation, "CT01") == "CT01 is free on Tue 24 Nov 09:05."


def test_says_what_else_was_missing(session: Session, site: Site) -> None:
    make_room(session, site, "CT01")
    make_resource(session, site, "AN01", ResourceKind.ANAESTHETIST, opens=time(11))
    phase = ("exam", ResourceKind.ANAESTHETIST, 0, 15)
    make_procedure(session, "77012", phases=(phase,))
    sentence = reasons(explanation(session, make_exam(session, procedure="77012")), "CT01")
    assert (
        "It is free for 2 h when something else that the exam needs is not: anaesthetist."
        in sentence
    )


def keep_most_of_each_hour(session: Session) -> None:
    shares = {"kept_free": {"URGENT": [{"hours": 0, "share": 0.9}]}, "kept_hours": 1}
    own = {**shares, "horizon_days": 1}
    policies.change(session, own, reason="Test", actor=ACTOR, now=NOW)


def test_says_that_time_is_kept_for_more_urgent_patients(session: Session, site: Site) -> None:
    room = make_room(session, site, "CT01", opens=time(9), closes=time(10))
    service.book(session, make_exam(session), room_id=room.id, starts_at=NOW, actor=ACTOR, now=NOW)
    keep_most_of_each_hour(session)
    made = explanation(session, make_exam(session))
    assert made["chosen"] is None
    assert "It is free for 45 min that are kept for more urgent patients." in reasons(made, "CT01")


def test_an_exam_longer_than_what_is_not_kept_has_an_hour_to_itself(
    session: Session, site: Site
) -> None:
    """15 minutes are more than the 6 that are left of an hour, in which nobody else is."""
    make_room(session, site, "CT01", opens=time(9), closes=time(10))
    keep_most_of_each_hour(session)
    exam = make_exam(session)
    place(session, exam.id, actor=ACTOR, now=NOW)
    assert exam.starts_at == NOW


def test_says_how_long_an_outpatient_needs_to_come(session: Session, site: Site) -> None:
    make_room(session, site, "CT01")
    exam = make_exam(session, patient_class=PatientClass.OUTPATIENT, priority=Priority.ROUTINE)
    assert explanation(session, exam)["earlier"] == [
        "Not before Wed 25 Nov 09:00: the patient needs that long to get here."
    ]


def test_says_from_when_on_the_order_asks_for_the_exam(session: Session, site: Site) -> None:
    make_room(session, site, "CT01")
    exam = make_exam(session)
    exam.order.wanted_at = NOW + 5 * HOUR
    assert explanation(session, exam)["earlier"] == [
        "Not before Tue 24 Nov 14:00: the order asks for a time from then on."
    ]


def test_says_why_a_sooner_time_of_the_chosen_room_was_not_taken(
    session: Session, site: Site
) -> None:
    """An exam of 15 minutes from 09:00 leaves 5 until the next, 09:05 leaves none after it."""
    room = make_room(session, site, "CT01")
    following = NOW + timedelta(minutes=20)
    service.book(
        session, make_exam(session), room_id=room.id, starts_at=following, actor=ACTOR, now=NOW
    )
    exam = make_exam(session, priority=Priority.ROUTINE)
    kept = explanation(session, exam)
    told = reasons(kept, "CT01")
    assert exam.starts_at is not None
    assert exam.starts_at > NOW
    chosen, rooms = kept["chosen"], kept["rooms"]
    assert isinstance(chosen, dict)
    assert isinstance(rooms, list)
    assert rooms[0]["score"] == chosen["score"]
    assert "CT01 is free on Tue 24 Nov 09:00" in told
    assert "sooner, but it would leave a gap that no exam fits into." in told


def test_a_room_that_is_free_as_soon_is_not_called_later(session: Session, site: Site) -> None:
    make_room(session, site, "CT01")
    make_room(session, site, "CT02")
    rooms = explanation(session, make_exam(session))["rooms"]
    assert isinstance(rooms, list)
    assert [(one["room"], one["outcome"]) for one in rooms] == [
        ("CT01", "chosen"),
        ("CT02", "possible"),
    ]


def test_gives_the_parts_of_the_score(session: Session, site: Site) -> None:
    # URGENT: a unit of preference is worth 15 minutes; the spare capability, which half of the
    # rooms have, half a unit: 7.5. The other room is free 5 minutes later: that costs less.
    make_room(session, site, "CT01", capabilities=("cardiac",))
    room = make_room(session, site, "CT02", capabilities=())
    make_procedure(session, "70450", body_part="HEAD", duration_minutes=5)
    first = make_exam(session, procedure="70450")
    service.book(session, first, room_id=room.id, starts_at=NOW, actor=ACTOR, now=NOW)
    kept = explanation(session, make_exam(session))
    chosen = kept["chosen"]
    assert isinstance(chosen, dict)
    assert (chosen["room"], chosen["costs"]) == ("CT02", ["5 minutes for waiting"])
    assert "5 min sooner, but its equipment is left to patients who need it." in reasons(
        kept, "CT01"
    )


def test_what_a_rule_says_of_the_exam_is_told_once_and_not_with_each_room(
    session: Session, site: Site
) -> None:
    make_room(session, site, "CT01", capabilities=("shielded", "iodinated_contrast"))
    make_contrast_ct(session, "71260")
    kept = explanation(session, make_exam(session, procedure="71260"))
    told = "The patient may eat and drink before the contrast."
    findings = kept["findings"]
    assert isinstance(findings, list)
    assert [one["text"] for one in findings].count(told) == 1
    assert told not in reasons(kept, "CT01")
