"""Patient update, renumbering and merge: ADT^A08, A47 and A40 (IHE RAD TF-2 4.12, RAD-12)."""

from collections.abc import Sequence

from worklist.hl7.outbound.fields import identifier, moment, patient_name, segment
from worklist.hl7.outbound.segments import Draft, pid, pv1
from worklist.hl7.outbound.subject import Audience, Subject
from worklist.patients.models import Patient, PatientIdentifier


def patient(subject: Subject, audience: Audience) -> Draft | None:
    """Describe changed demographics, new numbers or a merge.

    A merge is in the trail of both patients: the survivor's entry is the one that is told. HL7 has
    no message that takes a merge back: both patients are told as they are then.
    """
    event = subject.event
    if event.action == "patient.updated" and (replaced := _replaced(subject)):
        return _draft(subject, audience, "A47", "ADT_A30", [_mrg(replaced, subject.patient)])
    if event.action in {"patient.updated", "patient.merge_undone"}:
        return _draft(subject, audience, "A08", "ADT_A01", [pv1(None)])
    if event.action == "patient.merged" and event.patient_id == subject.detail["survivor"]:
        mrg = _mrg(subject.merged_identifiers, subject.merged)
        return _draft(subject, audience, "A40", "ADT_A39", [mrg])
    return None


def _replaced(subject: Subject) -> list[PatientIdentifier]:
    """Return the numbers in whose place the patient has got others."""
    return [PatientIdentifier(**one) for one in subject.detail.get("replaced", ())]


def _draft(
    subject: Subject, audience: Audience, trigger: str, structure: str, rest: list[str]
) -> Draft:
    occurred_at = moment(subject.event.occurred_at, audience.zone)
    # EVN-1 was withdrawn with 2.7.
    code = trigger if audience.peer.version_numbers < (2, 7) else ""
    evn = segment("EVN", {1: code, 2: moment(audience.now, audience.zone), 6: occurred_at})
    person = pid(subject, audience)
    return Draft(f"ADT^{trigger}^{structure}", trigger, (evn, person, *rest))


def _mrg(numbers: Sequence[PatientIdentifier], person: Patient | None) -> str:
    """What no longer holds: a patient's identifiers, and the name that goes with them."""
    name = patient_name(person) if person else ""
    return segment("MRG", {1: "~".join(map(identifier, numbers)), 7: name})
