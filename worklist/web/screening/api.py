"""Screening forms for programs: which an exam asks for, and filling one."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.orders import service as orders
from worklist.screening import queries, service
from worklist.screening.forms import Form, form
from worklist.screening.models import FilledForm
from worklist.web import context
from worklist.web.api.fields import Input, Output, Sentence
from worklist.web.api.operations import Operations

api = Operations("Screening", "The forms that an exam asks for; their answers become facts.")

_Answer = Annotated[str, StringConstraints(max_length=1000)]


class FormQuestion(Output):
    """One question; ``asked_if`` is another one that has to be answered yes."""

    code: str
    text: Sentence
    kind: str
    unit: Sentence
    choices: dict[str, Sentence]
    asked_if: str | None
    required: bool


class Filled(Output):
    """What was answered, when and by whom."""

    answers: dict[str, str]
    filled_at: datetime
    recorded_by: str


class ScreeningForm(Output):
    """A form with its questions; ``filled`` is what was answered last for the exam."""

    code: str
    title: Sentence
    introduction: Sentence
    questions: list[FormQuestion]
    filled: Filled | None


class Forms(Output):
    """The forms that the exam asks for."""

    items: list[ScreeningForm]


class FormAnswers(Input):
    """Answers by question: yes, no, unknown, a choice's code, a number, a day, or text."""

    answers: Annotated[dict[str, _Answer], Field(max_length=100)]


@api.get("/exams/<int:exam_id>/screening", Permission.CHECK_IN, twins="screening.overview")
def list_forms(session: Session, exam_id: int) -> Forms:
    """List the forms that the exam asks for."""
    context.site(session)
    exam = orders.get_exam(session, exam_id)
    wanted = queries.forms_of(session, exam, zone=context.zone(), now=context.now())
    return Forms(items=[_told(one.form, one.filled) for one in wanted])


@api.post("/exams/<int:exam_id>/screening/<code>", Permission.CHECK_IN, twins="screening.submit")
def fill_form(session: Session, exam_id: int, code: str, body: FormAnswers) -> ScreeningForm:
    """Fill a form; the answers become facts and the exam is looked at again."""
    context.site(session)
    exam = orders.get_exam(session, exam_id)
    filled = service.submit(
        session,
        exam,
        form(code),
        body.answers,
        zone=context.zone(),
        actor=context.actor(),
        now=context.now(),
    )
    return _told(form(code), filled)


def _told(one: Form, filled: FilledForm | None) -> ScreeningForm:
    return ScreeningForm(
        code=one.code,
        title=one.title,
        introduction=one.introduction,
        questions=[FormQuestion.model_validate(question) for question in one.questions],
        filled=None if filled is None else Filled.model_validate(filled),
    )
