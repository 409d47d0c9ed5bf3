"""Every page with a department's real load: it opens, complains of nothing, and has its picture.

`make pictures` writes the pictures of the manual; otherwise they go to a folder of the test's own.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support import browser, web
from tests.support.busy import NOW, fill
from worklist import db
from worklist.auth.models import User
from worklist.catalogue.procedures import Procedure
from worklist.demonstration.users import PASSWORD
from worklist.orders.models import RequestedProcedure, ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.reading.critical import service as critical
from worklist.reading.models import ReadingTask
from worklist.scheduling.models import Placement
from worklist.vocabulary import Category

if TYPE_CHECKING:
    from tests.conftest import DatabaseServer

_FOLDER = os.environ.get("PICTURES_FOLDER")
MANUAL = {
    "day": "/day",
    "arrivals": "/arrivals",
    "rooms": "/rooms",
    "reading": "/reading",
    "critical": "/reading/critical",
    "statistics": "/statistics",
}
OTHERS = (
    "/orders?tab=held",
    "/orders/new",
    "/rooms/CT01",
    "/rooms/wall",
    "/messages",
    "/connections",
    "/stations",
    "/waiting",
    "/replan",
    "/stations/CT01",
    "/hours/CT01",
    "/rules",
    "/accounts",
    "/accounts/own",
    "/search",
)


@pytest.fixture
def database(request: pytest.FixtureRequest, database_server: "DatabaseServer") -> Iterator[str]:
    """A department in the middle of a morning; for the manual one that gets a longer past."""
    template = "template_database" if _FOLDER else "morning_template"
    yield from database_server.copy(request.getfixturevalue(template))


@pytest.fixture
def department(session_factory: db.SessionFactory) -> db.SessionFactory:
    """The demonstration department in the middle of a morning, the same each time."""
    if _FOLDER:
        fill(session_factory, days=5, busiest_seconds=170)
    return session_factory


@pytest.fixture
def department_address(
    department: db.SessionFactory, database: str, empty_redis: str
) -> Iterator[str]:
    assert department
    with browser.serve(web.settings_for(database, empty_redis), now=NOW) as address:
        yield address


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(_FOLDER or tmp_path)


def test_every_page_opens_in_a_busy_department(
    chromium: Browser, department: db.SessionFactory, department_address: str, folder: Path
) -> None:
    with db.transaction(department) as session:
        explained = (
            select(ScheduledProcedureStep)
            .join(Placement, Placement.exam_id == ScheduledProcedureStep.id)
            .where(ScheduledProcedureStep.status == StepStatus.SCHEDULED)
            .where(ScheduledProcedureStep.modality == "CT")
            .where(ScheduledProcedureStep.description.contains("with contrast"))
            .order_by(ScheduledProcedureStep.id)
        )
        exam = session.scalars(explained.limit(1)).one()
        raise_findings(session)
    pictures = MANUAL | {"exam": f"/exams/{exam.id}"}
    pages: dict[str, str | None] = {path: name for name, path in pictures.items()}
    pages |= dict.fromkeys([*OTHERS, f"/patients/{exam.patient_id}"])
    context = chromium.new_context(
        viewport={"width": 1440, "height": 900}, locale="en-GB", color_scheme="light"
    )
    page = context.new_page()
    complaints = browser.watch(page)
    browser.sign_in(page, department_address, "admin", password=PASSWORD)
    for path, name in pages.items():
        answer = page.goto(department_address + path)
        assert answer is not None
        assert answer.status == 200, path
        expect(page.locator("h1").first).to_be_visible()
        if name is not None:
            expect(page.locator("[data-live]")).to_have_text("live")
            page.screenshot(path=folder / f"{name}.png")
    context.close()
    assert complaints == []


def raise_findings(session: Session) -> None:
    """Let the reader find two things: one whose time is nearly up, and one for later."""
    reader = session.scalars(select(User).where(User.username == "reader")).one()
    for part, category, content, recipient, minutes in (
        ("ABDOMEN", Category.MINUTES, "Free air under the diaphragm.", "Surgeon on call, 4711", 22),
        ("CHEST", Category.DAYS, "Nodule of 9 mm, right upper lobe: CT in 3 months.", "Ward 4", 95),
    ):
        case = session.scalars(
            select(ReadingTask)
            .join(ReadingTask.requested_procedure)
            .join(RequestedProcedure.procedure)
            .where(Procedure.modality == "CT", Procedure.body_part == part)
            .order_by(ReadingTask.id.desc())
            .limit(1)
        ).one()
        critical.raise_finding(
            session,
            case.requested_procedure_id,
            reader,
            category=category,
            content=content,
            recipient=recipient,
            now=NOW - timedelta(minutes=minutes),
        )
