"""The figures of the readers, in a browser."""

from datetime import timedelta

from playwright.sync_api import expect
from sqlalchemy import select

from tests.support.browser import OpenAs
from tests.support.department import NOW, make_site
from tests.support.reading import make_task
from worklist import db
from worklist.auth.models import User
from worklist.auth.roles import UserRole
from worklist.reading import service


def test_the_chart_is_drawn_and_other_days_are_empty(
    open_as: OpenAs, address: str, session_factory: db.SessionFactory
) -> None:
    page = open_as(UserRole.ADMINISTRATOR)
    with db.transaction(session_factory) as session:
        make_site(session)
        task = make_task(session, ended=timedelta(minutes=10))
        reader = session.scalars(select(User)).one()
        service.claim(session, task.id, reader, now=NOW)
        service.finish(session, task.id, reader, now=NOW)
    page.goto(f"{address}/reading")
    page.get_by_role("link", name="Figures").click()
    bar = page.locator(".chart .in-time").last
    expect(bar).to_be_visible()
    box = bar.bounding_box()
    assert box is not None
    assert box["height"] > 50
    page.get_by_label("From").fill("2026-11-01")
    page.get_by_label("Until").fill("2026-11-02")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#days")).to_contain_text("Nothing to draw")
    expect(page.locator("#readers")).to_contain_text("Nobody read anything")
