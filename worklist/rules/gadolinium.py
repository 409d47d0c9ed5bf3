"""Rules for gadolinium contrast (groups of the ACR Manual on Contrast Media)."""

from collections.abc import Iterable
from datetime import datetime

from worklist.language.text import _
from worklist.rules import kidney, pregnancy, reactions, sources
from worklist.rules.common import gives_gadolinium, is_emergency, listed
from worklist.rules.facts import ExamFacts, PatientFacts, Severity
from worklist.rules.findings import (
    Block,
    Delay,
    Finding,
    Hold,
    RequireCapability,
    RequireResource,
    Role,
    Warn,
)
from worklist.rules.rule import exam_rule
from worklist.rules.thresholds import Thresholds
from worklist.vocabulary import Contrast


@exam_rule("GD-01", effects=(Block, Hold, Warn), sources=(sources.ACR_CONTRAST_NSF,))
def renal_impairment(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """A group I or III agent and kidneys that are bad, or not known in a patient at risk."""
    if not gives_gadolinium(exam) or exam.contrast == Contrast.GADOLINIUM_GROUP_2:
        return
    if not kidney.is_failing(patient, thresholds):
        yield from _renal_function_known(patient, exam, thresholds, now)
    elif exam.contrast == Contrast.GADOLINIUM_GROUP_1:
        yield Block(
            rule="GD-01",
            text=_(
                "%(state)s: this agent (group I) is never given; use group II.",
                state=kidney.state(patient),
            ),
            source=sources.ACR_CONTRAST_NSF,
            found=kidney.state_found(patient),
        )
    else:
        yield Hold(
            rule="GD-01",
            text=_(
                "%(state)s: little is known of this agent (group III).", state=kidney.state(patient)
            ),
            source=sources.ACR_CONTRAST_NSF,
            found=kidney.state_found(patient),
            role=Role.RADIOLOGIST,
            question=_("May this agent be given, or will a group II agent do?"),
        )


def _renal_function_known(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    missing = kidney.missing_egfr(patient, exam, thresholds, now)
    factors = kidney.risk_factors(patient, thresholds, now)
    if missing is None or not factors:
        return
    text = _(
        "%(missing)s: this gadolinium agent needs it because of %(listed)s.",
        missing=missing,
        listed=listed(factors),
    )
    if is_emergency(exam):
        yield Warn(rule="GD-01", text=text, source=sources.ACR_CONTRAST_NSF)
        return
    yield Hold(
        rule="GD-01",
        text=text,
        source=sources.ACR_CONTRAST_NSF,
        found=kidney.risks_found(patient),
        role=Role.FRONT_DESK,
        question=_("What is the newest eGFR, and of which day?"),
        fact="egfr",
    )


@exam_rule("GD-02", effects=(Warn,), sources=(sources.ACR_CONTRAST_NSF,))
def group_two(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """A group II agent needs no eGFR; bad kidneys are only told."""
    group_2 = exam.contrast == Contrast.GADOLINIUM_GROUP_2
    if gives_gadolinium(exam) and group_2 and kidney.is_failing(patient, thresholds):
        yield Warn(
            rule="GD-02",
            text=_(
                "%(state)s: this agent (group II) may be given, in a single dose.",
                state=kidney.state(patient),
            ),
            source=sources.ACR_CONTRAST_NSF,
        )


@exam_rule("GD-03", effects=(Hold,), sources=(sources.ACR_CONTRAST_PREGNANCY,))
def pregnant(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """Gadolinium in pregnancy only if it is essential."""
    if gives_gadolinium(exam) and pregnancy.is_pregnant(patient, thresholds, now):
        yield Hold(
            rule="GD-03",
            text=_("The patient is pregnant: gadolinium reaches the child and is seldom given."),
            source=sources.ACR_CONTRAST_PREGNANCY,
            found=pregnancy.found(patient),
            role=Role.RADIOLOGIST,
            question=_("Is gadolinium essential, or will the exam do without?"),
        )


@exam_rule(
    "GD-04",
    effects=(Warn, Hold, RequireCapability, RequireResource, Delay),
    sources=(sources.ACR_CONTRAST_REACTION,),
    on_duty=("radiologist",),
)
def reaction(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """A reaction to gadolinium before, as for iodinated contrast."""
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
