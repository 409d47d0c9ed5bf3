"""Patient update and merge: ADT^A08 and ADT^A40 (IHE RAD TF-2 4.12, RAD-12)."""

from worklist.hl7.outbound.fields import identifier, moment, patient_name, segment
from worklist.hl7.outbound.segments import Draft, pid, pv1
from worklist.hl7.outbound.subject import Audience, Subject


def patient(subject: Subject, audience: Audience) -> Draft | None:
    """Tell of changed demographics or of a merge.

    A merge is in the trail of both patients: the survivor's entry is the one that is told.
    """
    event = subject.event
    if event.action == "patient.updated":
        return _draft(subject, audience, "A08", "ADT_A01", [pv1(None)])
    if event.action == "patient.merged" and event.patient_id == subject.detail["survivor"]:
        return _draft(subject, audience, "A40", "ADT_A39", [_mrg(subject)])
    return None


def _draft(
    subject: Subject, audience: Audience, trigger: str, structure: str, rest: list[str]
) -> Draft:
    occurred_at = moment(subject.event.occurred_at, audience.zone)
    # EVN-1 was withdrawn with 2.7.
    code = trigger if audience.peer.version_numbers < (2, 7) else ""
    evn = segment("EVN", {1: code, 2: moment(audience.now, audience.zone), 6: occurred_at})
    person = pid(subject, audience)
    return Draft(f"ADT^{trigger}^{structure}", trigger, (evn, person, *rest))


def _mrg(subject: Subject) -> str:
    """The patient that is no more: its identifiers and its name."""
    numbers = "~".join(map(identifier, subject.merged_identifiers))
    name = patient_name(subject.merged) if subject.merged else ""
    return segment("MRG", {1: numbers, 7: name})
