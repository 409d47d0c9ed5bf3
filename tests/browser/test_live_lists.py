"""What happens elsewhere does not move a list under one's hands: page, sorting and focus stay."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support import browser
from tests.support.browser import OpenAs
from tests.support.department import ACTOR, NOW, make_exam, make_patient, make_scanner
from tests.support.reading import make_reader, make_task
from worklist import db
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Room
from worklist.orders.models import ScheduledProcedureStep
from worklist.performing import service as performing
from worklist.reading import service as reading
from worklist.scheduling import service as scheduling
from worklist.web import paging

# By name backwards a page of three has Z, Y, X, the second W, V, U.
NAMES = tuple(f"{letter}OE^PAT" for letter in "UVWXYZ")


def order(session: Session, name: str) -> int:
    return make_exam(session, patient=make_patient(session, name)).id


def cancel(session: Session, exam_id: int) -> None:
    exam = session.get_one(ScheduledProcedureStep, exam_id)
    scheduling.cancel_exam(session, exam, actor=ACTOR, now=NOW, reason="Well again")


def book(session: Session, name: str) -> int:
    exam = make_exam(session, patient=make_patient(session, name))
    number = NAMES.index(name)
    scheduling.book(
        session,
        exam,
        room_id=session.scalars(select(Room.id)).one(),
        starts_at=NOW + timedelta(minutes=20 * number),
        actor=ACTOR,
        now=NOW,
    )
    return exam.id


def come(session: Session, exam_id: int) -> None:
    exam = session.get_one(ScheduledProcedureStep, exam_id)
    performing.check_in(session, exam, actor=ACTOR, now=NOW)


def perform(session: Session, name: str) -> int:
    return make_task(session, patient=make_patient(session, name)).id


def take(session: Session, task_id: int) -> None:
    reading.claim(session, task_id, make_reader(session), now=NOW)


@pytest.mark.parametrize(
    ("path", "row", "make", "leave"),
    [
        ("/orders", "order", order, cancel),
        ("/arrivals", "arrival", book, come),
        ("/reading", "task", perform, take),
    ],
)
def test_a_row_leaves_and_nothing_jumps(
    open_as: OpenAs,
    session_factory: db.SessionFactory,
    monkeypatch: pytest.MonkeyPatch,
    *,
    path: str,
    row: str,
    make: Callable[[Session, str], int],
    leave: Callable[[Session, int], None],
) -> None:
    monkeypatch.setattr(paging, "ROWS", 3)
    with db.transaction(session_factory) as session:
        make_scanner(session)
        ids = dict(zip("UVWXYZ", [make(session, name) for name in NAMES], strict=True))
    page = open_as(*UserRole, path=path)
    expect(page.locator("[data-live]")).to_have_text("live")
    heading = page.locator("th").filter(has_text="Patient").first
    # By keys: the heading is a link.
    heading.get_by_role("link").focus()
    page.keyboard.press("Enter")
    expect(heading).to_have_attribute("aria-sort", "ascending")
    heading.get_by_role("link").press("Enter")
    expect(heading).to_have_attribute("aria-sort", "descending")
    browser.settle(page)
    rows = page.locator(f"tr[id^={row}-]")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("ZOE")
    page.get_by_role("link", name="Next page").first.click()
    expect(rows.first).to_contain_text("WOE")
    browser.settle(page)
    address = page.url
    chosen = page.locator(f"#{row}-{ids['U']} a").first
    chosen.focus()
    with db.transaction(session_factory) as session:
        leave(session, ids["V"])
    expect(page.locator(f"#{row}-{ids['V']}")).to_have_count(0)
    assert page.url == address
    expect(rows.first).to_contain_text("WOE")
    expect(heading).to_have_attribute("aria-sort", "descending")
    expect(chosen).to_be_focused()
