"""Rules for what a patient does before the exam.

What belongs to a procedure whoever has it (fasting, a full bladder, oral contrast) stands in the
catalogue; rules say what depends on the patient or the department.
"""

from collections.abc import Iterable
from datetime import datetime

from worklist.rules import sources
from worklist.rules.common import gives_iodinated
from worklist.rules.facts import ExamFacts, PatientFacts, Thresholds
from worklist.rules.findings import Finding, Warn


def fasting_before_contrast(
    _patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """PR-05: no fasting before contrast CT, unless the department asks for it."""
    if exam.modality != "CT" or not gives_iodinated(exam):
        return
    hours = thresholds.contrast_fasting_hours
    text = (
        f"Nothing to eat for {hours} hours before the contrast."
        if hours
        else "The patient may eat and drink before the contrast."
    )
    yield Warn(rule="PR-05", text=text, source=sources.ESUR)
