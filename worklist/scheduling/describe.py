"""An assessment in lines of text: facts with date and origin, findings, questions and rooms."""

from collections.abc import Iterator

from worklist.orders.models import ScheduledProcedureStep
from worklist.patients.facts import UNITS
from worklist.patients.models import ClinicalFact, FactKind
from worklist.rules.describe import finding_line, value
from worklist.scheduling.assessment import Assessment


def lines(exam: ScheduledProcedureStep, assessment: Assessment) -> Iterator[str]:
    """Yield what the rules say about an exam now, and from what."""
    order = exam.order
    yield f"{order.accession_number} {exam.description}: {exam.status}"
    yield ""
    yield "Known of the patient:"
    yield from (f"  {_entry(one, assessment)}" for one in assessment.entries)
    if not assessment.entries:
        yield "  nothing beyond age and sex"
    yield ""
    yield "Findings:"
    yield from (f"  {finding_line(one)}" for one in assessment.findings)
    if not assessment.findings:
        yield "  none"
    yield ""
    yield "Open questions:"
    for one in assessment.questions:
        due = "before booking" if one.before_booking else "before the exam"
        yield f"  {one.role.replace('_', ' ')}, {due} ({one.rule}): {one.question}"
    if not assessment.questions:
        yield "  none"
    yield ""
    yield "Rooms:"
    for room in assessment.candidates:
        verdict = " ".join(room.obstacles) if room.obstacles else "can take the exam"
        yield f"  {room.room.code}: {verdict}"
    if not assessment.candidates:
        yield f"  none does {exam.modality}"


def _entry(fact: ClinicalFact, assessment: Assessment) -> str:
    unit = UNITS.get(FactKind(fact.kind))
    told = (
        f"{fact.value['number']:g} {unit}"
        if unit
        else ", ".join(
            f"{key.replace('_', ' ')} {value(one)}"
            for key, one in fact.value.items()
            if one not in (None, [])
        )
    )
    what = " ".join(filter(None, [fact.kind.replace("_", " "), fact.subject, told]))
    day = fact.observed_at.astimezone(assessment.zone)
    origin = fact.origin.replace("_", " ")
    return f"{what} (of {day:%d %b %Y}, {origin}, recorded by {fact.recorded_by})"
