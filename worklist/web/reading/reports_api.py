"""Reports for programs: writing, signing, adding to them, and the templates they begin with."""

from typing import Annotated, Literal

from pydantic import StringConstraints
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.reading import reports as writing
from worklist.reading import templates
from worklist.web import context
from worklist.web.api.fields import Input, Output
from worklist.web.api.operations import Operations
from worklist.web.reading import queries
from worklist.web.reading.case import ReportText

api = Operations("Reports", "What is written about a case, and what it begins with.")


_Content = Annotated[str, StringConstraints(min_length=1, max_length=100_000)]


class WrittenReport(ReportText):
    """A report with whose case it is of."""

    task_id: int


class NewReport(Input):
    """A text to keep: a final one says that the case is read, an addendum comes after it."""

    kind: Literal["preliminary", "final", "addendum"]
    content: _Content


class Template(Output):
    """A report template."""

    id: int
    name: str


class Templates(Output):
    """Report templates."""

    items: list[Template]


class Beginning(Output):
    """What a report begins with."""

    content: str


_WRITERS = {
    "preliminary": writing.write_preliminary,
    "final": writing.sign,
    "addendum": writing.add,
}


@api.post(
    "/reading/<int:task_id>/reports",
    Permission.READ,
    creates="/reading/{task_id}",
    twins="reading.report",
)
def write_report(session: Session, task_id: int, body: NewReport) -> WrittenReport:
    """Write a preliminary report, sign the final one, or add to it."""
    write = _WRITERS[body.kind]
    report = write(session, task_id, context.user(session), body.content, now=context.now())
    return WrittenReport.made_of(report, task_id=task_id)


@api.get("/reading/<int:task_id>/templates", Permission.READ)
def list_templates(session: Session, task_id: int) -> Templates:
    """List the report templates that fit a case, the most particular first."""
    procedure = queries.case(session, task_id).requested_procedure.procedure
    found = templates.fitting(session, procedure)
    return Templates(items=[Template.model_validate(one) for one in found])


@api.get(
    "/reading/<int:task_id>/templates/<int:template_id>", Permission.READ, twins="reading.begin"
)
def begin_report(session: Session, task_id: int, template_id: int) -> Beginning:
    """Return a template filled in with what the exam tells."""
    context.site(session)
    requested = queries.case(session, task_id).requested_procedure
    text = templates.begin(session, template_id, requested, zone=context.zone())
    return Beginning(content=text)
