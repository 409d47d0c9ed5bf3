"""The screening forms: typed, checked when they are read, and which exam asks for which."""

import tomllib
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from worklist.errors import NotFoundError
from worklist.language.text import _
from worklist.patients.models import FactKind
from worklist.rules import pregnancy
from worklist.rules.common import irradiates_fetus, is_intravascular, is_mr
from worklist.rules.facts import ExamFacts, PatientFacts
from worklist.rules.pregnancy import PregnancyState
from worklist.rules.thresholds import Thresholds

# The file has no marks: `worklist.language.collect.forms` finds these texts for translation.
_Sentence = Annotated[str, AfterValidator(_)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FactOfAnswer(_Entry):
    """The fact that an answer is: ``subject_from`` and ``values_from`` name other questions."""

    kind: FactKind
    subject: str = ""
    subject_from: str | None = None
    value: dict[str, Any] = {}
    values_from: dict[str, str] = {}


class Question(_Entry):
    """One question; ``choices`` are the words of each choice by its code."""

    code: str
    text: _Sentence
    kind: Literal["yes_no", "yes_no_unknown", "number", "choice", "text", "day"]
    unit: _Sentence = ""
    choices: dict[str, _Sentence] = {}
    asked_if: str | None = None
    required: bool = True
    fact: FactOfAnswer | None = None


class Form(_Entry):
    """One form; which exams ask for it follows from the four conditions, any of which will do."""

    code: str
    title: _Sentence
    introduction: _Sentence
    modalities: tuple[str, ...] = ()
    intravascular_contrast: bool = False
    pregnancy: bool = False
    intervention: bool = False
    completes: FactKind | None = None
    questions: tuple[Question, ...]

    @model_validator(mode="after")
    def _questions_are_known(self) -> "Form":
        asked = [one.code for one in self.questions]
        if len(set(asked)) < len(asked):
            raise ValueError(f"form {self.code}: expected each question once")
        for position, one in enumerate(self.questions):
            if one.asked_if is not None and one.asked_if not in asked[:position]:
                raise ValueError(f"{one.code}: expected asked_if to name an earlier question")
            fact = one.fact
            named = {fact.subject_from, *fact.values_from.values()} - {None} if fact else set()
            if named - set(asked):
                raise ValueError(f"{one.code}: expected its fact to name questions of the form")
        return self


class _File(_Entry):
    forms: tuple[Form, ...]


@cache
def forms() -> tuple[Form, ...]:
    """Return every form."""
    text = (resources.files(__package__) / "forms.toml").read_text("utf-8")
    return _File.model_validate(tomllib.loads(text)).forms


def form(code: str) -> Form:
    """Return the form with this code.

    Raises:
        NotFoundError: there is none.
    """
    found = next((one for one in forms() if one.code == code), None)
    if found is None:
        raise NotFoundError(_("There is no screening form %(code)s.", code=repr(code)))
    return found


def wanted_forms(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, *, now: datetime
) -> list[Form]:
    """Return the forms that an exam asks for."""
    possible = pregnancy.state(patient, thresholds, now) is not PregnancyState.NOT_POSSIBLE
    reaches_child = irradiates_fetus(exam) or is_mr(exam) or is_intravascular(exam)
    return [
        one
        for one in forms()
        if exam.modality in one.modalities
        or (one.intravascular_contrast and is_intravascular(exam))
        or (one.pregnancy and possible and reaches_child)
        or (one.intervention and exam.bleeding_risk)
    ]
