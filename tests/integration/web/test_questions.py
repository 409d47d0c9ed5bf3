"""What the exam's page asks: every question at once, each with the fields that answer it."""

import re
from datetime import date
from typing import Any

import pytest

from tests.support import web
from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
    make_procedure,
    make_room,
    make_site,
)
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.orders import service as orders
from worklist.patients.details import FactDetails
from worklist.patients.models import ClinicalFact, FactKind, FactOrigin
from worklist.scheduling import placement
from worklist.scheduling import service as scheduling


def forms(text: str) -> list[str]:
    """Return the forms of the page that answer a question."""
    return re.findall(r'<form[^>]*action="[^"]*/answer".*?</form>', text, re.DOTALL)


def address(form: str) -> str:
    found = re.search(r'action="([^"]+)"', form)
    assert found
    return found[1]


@pytest.fixture
def scan_id(session_factory: db.SessionFactory) -> int:
    """An MR of a patient with a pacemaker and a clip of which nothing is known."""
    with db.transaction(session_factory) as session:
        make_room(session, make_site(session), "MR01", modality="MR", field_strength_tesla=1.5)
        make_procedure(session, "70551", modality="MR", ionising=False, body_part="BRAIN")
        patient = make_patient(session)
        told: list[tuple[FactKind, str, dict[str, Any]]] = [
            (FactKind.MR_SCREENING, "", {"answer": True}),
            (FactKind.IMPLANT, "pacemaker", {"safety": "unknown", "cardiac": True}),
            (FactKind.IMPLANT, "clip", {"safety": "unknown", "excluded_parts": ["NECK"]}),
        ]
        facts = [
            FactDetails(
                kind=kind, subject=name, value=value, observed_at=NOW, origin=FactOrigin.DESK
            )
            for kind, name, value in told
        ]
        scheduling.record_facts(session, patient.id, facts, actor=ACTOR, now=NOW)
        exam = make_exam(session, patient=patient, procedure="70551")
        placement.place(session, exam.id, actor=ACTOR, now=NOW)
        return exam.id


def test_each_implant_is_asked_about_with_what_is_known_of_it(
    signed_in: SignIn, scan_id: int
) -> None:
    text = signed_in(UserRole.MR_SAFETY_OFFICER).get(f"/exams/{scan_id}").text
    clip, pacemaker = forms(text)
    assert 'name="subject" value="pacemaker"' in pacemaker
    assert 'name="cardiac" checked' in pacemaker
    assert 'name="subject" value="clip"' in clip
    assert 'name="cardiac" checked' not in clip
    assert 'name="excluded_parts" value="NECK"' in clip
    assert "no MR of this body part (brain)" in clip


def test_an_answer_keeps_what_was_known_of_the_implant(
    signed_in: SignIn, session_factory: db.SessionFactory, scan_id: int
) -> None:
    client, page = signed_in(UserRole.MR_SAFETY_OFFICER), f"/exams/{scan_id}"
    clip, _pacemaker = forms(client.get(page).text)
    fields: dict[str, Any] = {"tesla_1.5": "on", "excluded_parts": ["NECK", "BRAIN"]}
    fields |= {"kind": "implant", "subject": "clip", "safety": "conditional", "card_seen": "on"}
    answer = web.submit(client, address(clip), page, **fields)
    assert answer.status_code == 303
    with db.transaction(session_factory) as session:
        newest = session.query(ClinicalFact).order_by(ClinicalFact.id.desc()).first()
        assert newest is not None
        assert (newest.subject, newest.value["excluded_parts"]) == ("clip", ["NECK", "BRAIN"])
        asked = [one.subject for one in orders.get_exam(session, scan_id).open_holds if one.fact]
        assert asked == ["pacemaker"]
    assert "at 1.5 T, no MR of: neck, brain, card seen" in client.get(page).text


def test_a_mistyped_answer_is_corrected_by_another_of_the_same_day(
    signed_in: SignIn, session_factory: db.SessionFactory, scan_id: int
) -> None:
    client = signed_in(UserRole.FRONT_DESK)
    with db.transaction(session_factory) as session:
        page = f"/patients/{orders.get_exam(session, scan_id).patient_id}"
    for number in ("7", "70"):
        web.submit(
            client, f"{page}/facts", page, kind="egfr", number=number, observed_on="2026-11-20"
        )
    with db.transaction(session_factory) as session:
        (fact,) = session.query(ClinicalFact).filter_by(kind=FactKind.EGFR)
        assert fact.value == {"number": 70}


def test_the_last_period_answers_the_question_of_pregnancy_too(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_room(session, make_site(session), "CT01")
        make_procedure(session, body_part="PELVIS", irradiates_pelvis=True)
        patient = make_patient(session, sex="F", birth_date=date(1996, 1, 2))
        exam = make_exam(session, patient=patient)
        placement.place(session, exam.id, actor=ACTOR, now=NOW)
        exam_id = exam.id
    client, page = signed_in(UserRole.FRONT_DESK), f"/exams/{exam_id}"
    pregnancy, period = forms(client.get(page).text)
    assert 'name="kind" value="pregnancy"' in pregnancy
    assert 'name="kind" value="last_period"' in period
    web.submit(client, address(period), page, kind="last_period", observed_on="2026-11-23")
    with db.transaction(session_factory) as session:
        placement.place(session, exam_id, actor=ACTOR, now=NOW)
        assert [one.resolution for one in orders.get_exam(session, exam_id).holds] == ["answered"]
    assert forms(client.get(page).text) == []
