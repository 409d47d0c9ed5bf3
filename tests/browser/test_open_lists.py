"""Open lists take only the rows that news changes, and leave all others as they are."""

from datetime import date

import pytest
from playwright.sync_api import Page, Response, Route, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support import browser
from tests.support.browser import OpenAs
from tests.support.department import NOW, make_exam, make_patient, make_procedure, make_site
from tests.support.reading import make_reader, make_task
from worklist import db
from worklist.auth.roles import UserRole
from worklist.orders import holds
from worklist.orders.models import ExamHold
from worklist.reading import service as reading
from worklist.rules.findings import Role
from worklist.scheduling import placement


def listen(page: Page, path: str) -> list[Response]:
    """Collect what the page is answered when it asks for a list."""
    answers: list[Response] = []
    page.on("response", lambda one: answers.append(one) if path in one.url else None)
    return answers


@pytest.fixture
def cases(session_factory: db.SessionFactory) -> list[int]:
    with db.transaction(session_factory) as session:
        make_site(session)
        names = ("ANN", "BEA", "CLEO", "DORA")
        return [make_task(session, patient=make_patient(session, f"ROE^{one}")).id for one in names]


def take(session: Session, task_id: int) -> None:
    reading.claim(session, task_id, make_reader(session), now=NOW)


def test_a_case_leaves_the_queue_and_what_is_ticked_stays_ticked(
    open_as: OpenAs, session_factory: db.SessionFactory, cases: list[int]
) -> None:
    page = open_as(*UserRole, path="/reading")
    answers = listen(page, "/reading")
    page.locator(f"#tick-{cases[2]}").check()
    page.locator(f"#tick-{cases[2]}").focus()
    page.locator(f"#task-{cases[3]}").evaluate("row => { row.dataset.untouched = 'yes' }")
    with db.transaction(session_factory) as session:
        take(session, cases[0])
    expect(page.locator(f"#task-{cases[0]}")).to_have_count(0)
    expect(page.locator("#queue-tabs [aria-current] .count")).to_have_text("3")
    expect(page.locator(f"#tick-{cases[2]}")).to_be_checked()
    expect(page.locator(f"#tick-{cases[2]}")).to_be_focused()
    expect(page.locator(f"#task-{cases[3]}")).to_have_attribute("data-untouched", "yes")
    expect(page.locator(f"#task-{cases[3]}")).to_contain_text("ROE")
    [answer] = answers
    assert "data-kept" in answer.text()
    assert "ROE" not in answer.text()


def test_what_one_does_oneself_comes_alone(open_as: OpenAs, cases: list[int]) -> None:
    page = open_as(*UserRole, path="/reading?tab=all")
    answers = listen(page, "/reading?tab=all")
    page.locator(f"#task-{cases[1]}").get_by_role("button", name="Keep").click()
    expect(
        page.locator(f"#task-{cases[1]}").get_by_role("button", name="Give back")
    ).to_be_visible()
    browser.settle(page)
    assert answers
    assert all(one.status == 204 or "<hx-partial" in one.text() for one in answers)


def test_an_order_comes_to_the_inbox_in_its_place(
    open_as: OpenAs, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_site(session)
        make_procedure(session)
        first = make_exam(session, patient=make_patient(session, "AOE^ANN")).id
        last = make_exam(session, patient=make_patient(session, "ZOE^ZOE")).id
    page = open_as(UserRole.FRONT_DESK, path="/orders?sort=patient")
    answers = listen(page, "/orders?sort=patient")
    with db.transaction(session_factory) as session:
        middle = make_exam(session, patient=make_patient(session, "MOE^MEG")).id
    rows = page.locator("#order-rows > tr")
    expect(rows).to_have_count(3)
    ids = rows.evaluate_all("rows => rows.map(row => row.id)")
    assert ids == [f"order-{one}" for one in (first, middle, last)]
    expect(rows.nth(0)).to_contain_text("AOE")
    expect(rows.nth(1)).to_contain_text("MOE")
    assert all("AOE" not in one.text() for one in answers)
    # What is drawn anew works: the form that places the exam opens.
    rows.nth(1).get_by_role("link", name="Place").click()
    expect(page.locator("#dialog")).to_be_visible()


@pytest.mark.parametrize("broken", ["abort", "refuse"])
def test_news_that_got_no_answer_is_shown_with_the_next(
    open_as: OpenAs, session_factory: db.SessionFactory, cases: list[int], broken: str
) -> None:
    page = open_as(*UserRole, path="/reading")
    lost: list[str] = []

    def lose(route: Route) -> None:
        lost.append(route.request.headers["x-news"])
        if broken == "abort":
            route.abort()
        else:
            route.fulfill(status=503, body="")

    page.route("**/reading", lose)
    with db.transaction(session_factory) as session:
        take(session, cases[0])
    expect(page.locator(f"#task-{cases[0]}")).to_have_count(1)
    for _ in range(600):
        if lost:
            break
        page.wait_for_timeout(50)
    assert lost
    page.unroute("**/reading")
    with db.transaction(session_factory) as session:
        reader = make_reader(session, "pat")
        reading.claim(session, cases[1], reader, now=NOW)
    expect(page.locator(f"#task-{cases[1]}")).to_have_count(0)
    expect(page.locator(f"#task-{cases[0]}")).to_have_count(0)


def test_what_happened_while_the_connection_was_gone_is_shown_when_it_is_back(
    open_as: OpenAs, session_factory: db.SessionFactory, cases: list[int]
) -> None:
    page = open_as(*UserRole, path="/reading")
    page.locator(f"#tick-{cases[2]}").check()
    page.context.set_offline(offline=True)
    with db.transaction(session_factory) as session:
        take(session, cases[0])
    page.context.set_offline(offline=False)
    expect(page.locator(f"#task-{cases[0]}")).to_have_count(0, timeout=40_000)
    expect(page.locator(f"#tick-{cases[2]}")).to_be_checked()


def test_a_question_that_is_answered_is_counted_no_more_above_the_reading_queue(
    open_as: OpenAs, session_factory: db.SessionFactory, cases: list[int]
) -> None:
    with db.transaction(session_factory) as session:
        make_procedure(session, "74018", irradiates_pelvis=True)
        patient = make_patient(session, "ROE^JILL", sex="F", birth_date=date(1996, 2, 3))
        asked = make_exam(session, patient=patient, procedure="74018").id
    page = open_as(UserRole.RADIOLOGIST, path="/reading")
    questions = page.get_by_role("link", name="Questions")
    expect(questions).to_contain_text("0")
    with db.transaction(session_factory) as session:
        placement.place(session, asked, actor="user:dana", now=NOW)
        for hold in session.scalars(select(ExamHold)):
            hold.role = Role.RADIOLOGIST
    expect(questions).to_contain_text("1")
    with db.transaction(session_factory) as session:
        for hold in session.scalars(select(ExamHold)):
            holds.resolve(session, hold, "answered", actor="user:robin", now=NOW)
    expect(questions).to_contain_text("0")
    expect(page.locator("#task-rows > tr")).to_have_count(len(cases))
