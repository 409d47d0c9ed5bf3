"""Rules for gadolinium contrast (groups of the ACR Manual on Contrast Media)."""

from collections.abc import Iterable
from datetime import datetime

from worklist.rules import kidney, pregnancy, reactions, sources
from worklist.rules.common import gives_gadolinium, is_emergency, listed
from worklist.rules.facts import ExamFacts, PatientFacts, Severity, Thresholds
from worklist.rules.findings import Block, Finding, Hold, RequireCapability, Role, Warn
from worklist.vocabulary import Contrast


def renal_impairment(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """GD-01: a group I or III agent and kidneys that are bad, or not known in a patient at risk."""
    if not gives_gadolinium(exam) or exam.contrast == Contrast.GADOLINIUM_GROUP_2:
        return
    if not kidney.is_failing(patient, thresholds):
        yield from _renal_function_known(patient, exam, thresholds, now)
    elif exam.contrast == Contrast.GADOLINIUM_GROUP_1:
        yield Block(
            rule="GD-01",
            text=f"{kidney.state(patient)}: this agent (group I) is never given; use group II.",
            source=sources.ACR_CONTRAST_NSF,
        )
    else:
        yield Hold(
            rule="GD-01",
            text=f"{kidney.state(patient)}: little is known of this agent (group III).",
            source=sources.ACR_CONTRAST_NSF,
            role=Role.RADIOLOGIST,
            question="May this agent be given, or will a group II agent do?",
        )


def _renal_function_known(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    missing = kidney.missing_egfr(patient, exam, thresholds, now)
    factors = kidney.risk_factors(patient, thresholds, now)
    if missing is None or not factors:
        return
    text = f"{missing}: this gadolinium agent needs it because of {listed(factors)}."
    if is_emergency(exam):
        yield Warn(rule="GD-01", text=text, source=sources.ACR_CONTRAST_NSF)
        return
    yield Hold(
        rule="GD-01",
        text=text,
        source=sources.ACR_CONTRAST_NSF,
        role=Role.FRONT_DESK,
        question="What is the newest eGFR, and of which day?",
        fact="egfr",
    )


def group_two(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """GD-02: a group II agent needs no eGFR; bad kidneys are only told."""
    group_2 = exam.contrast == Contrast.GADOLINIUM_GROUP_2
    if gives_gadolinium(exam) and group_2 and kidney.is_failing(patient, thresholds):
        yield Warn(
            rule="GD-02",
            text=f"{kidney.state(patient)}: this agent (group II) may be given, in a single dose.",
            source=sources.ACR_CONTRAST_NSF,
        )


def pregnant(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """GD-03: gadolinium in pregnancy only if it is essential."""
    if gives_gadolinium(exam) and pregnancy.is_pregnant(patient, thresholds, now):
        yield Hold(
            rule="GD-03",
            text="The patient is pregnant: gadolinium reaches the child and is seldom given.",
            source=sources.ACR_CONTRAST_PREGNANCY,
            role=Role.RADIOLOGIST,
            question="Is gadolinium essential, or will the exam do without?",
        )


def reaction(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """GD-04: a reaction to gadolinium before, as for iodinated contrast."""
    if not gives_gadolinium(exam):
        return
    agent = reactions.GADOLINIUM
    match reactions.worst(patient, agent):
        case Severity.MILD:
            yield from reactions.mild("GD-04", agent)
        case Severity.UNKNOWN:
            yield from reactions.unknown("GD-04", agent)
        case Severity.MODERATE:
            yield from reactions.moderate("GD-04", agent, exam, thresholds, now)
        case Severity.SEVERE:
            yield from reactions.severe("GD-04", agent, exam, thresholds, now)


def injector(
    _patient: PatientFacts, exam: ExamFacts, _thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """IC-12: gadolinium into a vessel needs a room where it can be injected."""
    if gives_gadolinium(exam):
        yield RequireCapability(
            rule="IC-12",
            text="Gadolinium is injected: the room needs an injector for it.",
            source=sources.ACR_CONTRAST_INJECTION,
            capability="gadolinium_contrast",
        )
