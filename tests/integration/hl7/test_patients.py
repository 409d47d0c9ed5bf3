"""Patients by message: admitted, corrected, merged (IHE RAD-1, RAD-12); clinical facts."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.support.inbox import Inbox, exam_of
from tests.support.messages import load, order
from worklist.hl7.models import InboxState
from worklist.patients import service as patients
from worklist.patients.details import Identifier
from worklist.patients.models import ClinicalFact, FactKind, Patient


def _adt(event: str, *segments: str, control_id: str = "A1") -> bytes:
    header = f"MSH|^~\\&|ADT|GENERAL|WORKLIST|RAD|20261124090000||ADT^{event}|{control_id}|P|2.3.1"
    return ("\r".join([header, f"EVN|{event}|20261124090000", *segments]) + "\r").encode()


def _find(session: Session, value: str, issuer: str = "GENERAL") -> Patient:
    session.expire_all()
    found = patients.find(session, (Identifier(value=value, issuer=issuer),))
    assert found is not None
    return found


@pytest.mark.parametrize("event", ["A01", "A04", "A05", "A08", "A28", "A31"])
def test_a_patient_is_registered(inbox: Inbox, session: Session, event: str) -> None:
    pid = "PID|1||4711^^^GENERAL^MR||ROE^JANE^ANN||19700315|F|||1 Main Street^^Springfield"
    done = inbox.take(_adt(event, pid, "PV1|1|O"))
    assert done.state is InboxState.PROCESSED
    patient = _find(session, "4711")
    assert done.patient_id == patient.id
    assert (patient.name, patient.sex) == ("ROE^JANE^ANN", "F")
    assert patient.birth_date == date(1970, 3, 15)


def test_an_update_changes_what_it_says_and_null_deletes(inbox: Inbox, session: Session) -> None:
    inbox.take(load("orm_new_ct_contrast"))
    before = _find(session, "4711")
    assert before.phone == "+43 1 5550100"
    before_address = before.address
    assert before_address == "1 Main Street, 12345 Springfield, AT"
    assert inbox.take(load("adt_a08")).state is InboxState.PROCESSED
    after = _find(session, "4711")
    assert after.id == before.id
    assert after.name == "ROE-SMITH^JANE"
    assert after.phone == ""  # PID-13 is the null value
    assert after.address == before_address  # PID-11 is empty
    assert _find(session, "999001", "NATIONAL").id == after.id


def test_the_patients_language_is_kept_by_its_code(inbox: Inbox, session: Session) -> None:
    """PID-15 is a CE of ISO 639 (table 0296); what is not known there changes nothing."""
    pid = "PID|1||4711^^^GENERAL^MR||ROE^JANE||19700315|F|||||||{}"
    for number, (told, kept) in enumerate(
        [("DEU^German^ISO639", "de"), ("^Turkish", "tr"), ("??", "tr"), ("", "tr"), ('""', "")]
    ):
        inbox.take(_adt("A08", pid.format(told), "PV1|1|O", control_id=f"L{number}"))
        assert _find(session, "4711").language == kept


def test_a_merge_moves_the_orders_and_the_old_number_leads_to_the_survivor(
    inbox: Inbox, session: Session
) -> None:
    inbox.take(order("1", patient="5000"))
    inbox.take(order("2", patient="4711"))
    assert inbox.take(load("adt_a40")).state is InboxState.PROCESSED
    survivor = _find(session, "4711")
    assert exam_of(session, "1").patient_id == survivor.id
    assert _find(session, "5000").id == survivor.id
    # The second pair of the message knows neither number: both are the one patient's from now on.
    assert _find(session, "4800").id == _find(session, "5001").id


def test_a_merge_that_is_sent_again_under_another_number_changes_nothing(
    inbox: Inbox, session: Session
) -> None:
    inbox.take(order("1", patient="5000"))
    inbox.take(load("adt_a40"))
    again = inbox.take(load("adt_a40").replace(b"MSG00007", b"MSG00099"))
    assert again.state is InboxState.PROCESSED
    survivors = select(func.count()).where(Patient.merged_into_id.is_(None))
    assert session.scalar(survivors) == 2  # one for each pair


def test_an_order_under_a_merged_number_is_the_survivors(inbox: Inbox, session: Session) -> None:
    inbox.take(order("1", patient="5000"))
    inbox.take(order("2", patient="4711"))
    inbox.take(load("adt_a40"))
    assert inbox.take(order("3", patient="5000")).state is InboxState.PROCESSED
    assert exam_of(session, "3").patient_id == _find(session, "4711").id


def test_numbers_of_two_different_patients_are_an_error(inbox: Inbox, session: Session) -> None:
    inbox.take(order("1", patient="5000"))
    inbox.take(order("2", patient="4711"))
    both = "PID|1||4711^^^GENERAL^MR~5000^^^GENERAL^MR||ROE^JANE||19700315|F"
    refused = inbox.take(_adt("A08", both))
    assert refused.state is InboxState.FAILED
    assert "merge the patients first" in refused.error_text
    assert _find(session, "4711").id != _find(session, "5000").id


def test_a_merge_needs_its_pair(inbox: Inbox) -> None:
    answer = inbox.receive(_adt("A40", "PID|1||4711^^^GENERAL^MR||ROE^JANE||19700315|F"))
    assert answer.code == "AE"
    assert inbox.messages()[0].error_code == "100"


def test_facts_of_an_order_are_kept_in_our_units(inbox: Inbox, session: Session) -> None:
    inbox.take(load("orm_new_ct_contrast"))
    facts = {
        fact.kind: fact
        for fact in session.scalars(
            select(ClinicalFact).filter_by(patient_id=_find(session, "4711").id)
        )
    }
    assert set(facts) == {FactKind.WEIGHT, FactKind.CREATININE, FactKind.CONTRAST_REACTION}
    assert facts[FactKind.WEIGHT].value["number"] == pytest.approx(82.5)
    assert facts[FactKind.CREATININE].value["number"] == pytest.approx(1.0)  # 88.42 umol/L
    assert facts[FactKind.CREATININE].observed_at == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert facts[FactKind.CONTRAST_REACTION].value["severity"] == "severe"


def test_a_fact_that_is_told_twice_is_kept_once(inbox: Inbox, session: Session) -> None:
    inbox.take(load("orm_new_ct_contrast"))
    inbox.take(load("orm_new_ct_contrast").replace(b"MSG00001", b"MSG00098"))
    assert session.scalar(select(func.count()).select_from(ClinicalFact)) == 3
