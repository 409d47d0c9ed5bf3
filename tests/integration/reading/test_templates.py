"""Which templates fit a procedure, and what an exam fills in."""

from datetime import UTC, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.department import ACTOR, NOW, make_patient
from tests.support.reading import make_performed, make_task
from worklist.catalogue.procedures import Procedure
from worklist.catalogue.report_templates import ReportTemplate
from worklist.demonstration.load import load_catalogue
from worklist.errors import NotFoundError
from worklist.performing import contrast
from worklist.performing.reports import GivenContrast
from worklist.reading import templates


def make_template(session: Session, code: str, content: str = "x", **fields: object) -> int:
    template = ReportTemplate(code=code, name=code, content=content, **{"procedures": []} | fields)
    session.add(template)
    session.flush()
    return template.id


def test_the_most_particular_template_is_first_and_others_are_left_out(session: Session) -> None:
    task = make_task(session)  # 71250, a CT of the chest
    make_template(session, "ALL")
    make_template(session, "CT", modality="CT")
    make_template(session, "CHEST", modality="CT", body_part="CHEST")
    make_template(session, "THIS", procedures=["71250"])
    make_template(session, "HEAD", modality="CT", body_part="HEAD")
    make_template(session, "OTHER", procedures=["70551"])
    make_template(session, "OLD", active=False)
    found = templates.fitting(session, task.requested_procedure.procedure)
    assert [one.code for one in found] == ["THIS", "CHEST", "CT", "ALL"]


def test_a_template_is_filled_in_from_what_was_done(session: Session) -> None:
    roe = make_patient(session)
    make_performed(session, patient=roe, ended=timedelta(days=30))
    task = make_task(session, patient=roe, reason="Cough {since May}")
    exam = task.requested_procedure.steps[0]
    given = GivenContrast(agent="Iomeron 350", route="intravenous", volume_ml=80)
    contrast.give(session, exam, given, actor=ACTOR, now=NOW)
    text = "{reason}|{procedure}|{contrast}|{dose}|{comparison}|{side}"
    template_id = make_template(session, "ALL", text)
    begun = templates.begin(session, template_id, task.requested_procedure, zone=UTC)
    assert begun == (
        "Cough {since May}|Procedure 71250|Contrast: Iomeron 350 80 mL|No dose reported"
        "|Procedure 71250 of 2026-10-25|"
    )
    with pytest.raises(NotFoundError):
        templates.begin(session, 0, task.requested_procedure, zone=UTC)


def test_every_procedure_of_the_demonstration_has_a_template(session: Session) -> None:
    load_catalogue(session, now=NOW)
    for procedure in session.scalars(select(Procedure)):
        assert templates.fitting(session, procedure)
    again = load_catalogue(session, now=NOW)
    assert not any(again)
