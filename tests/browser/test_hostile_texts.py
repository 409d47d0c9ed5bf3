"""Whatever is typed or sent is shown as text: no page runs it, or is broken by it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from tests.support import browser, hostile, web
from tests.support.busy import NOW
from tests.support.inbox import Inbox
from tests.support.messages import order
from tests.support.performed import make_report
from tests.support.routes import pages
from worklist import db
from worklist.auth import tokens
from worklist.auth.models import User, UserIdentity
from worklist.catalogue.models import Closure, PublicHoliday, Resource, ResourceKind
from worklist.demonstration.users import PASSWORD
from worklist.performing import performed
from worklist.reading import filters
from worklist.reading.critical import service as critical
from worklist.reading.models import ReadingTask
from worklist.vocabulary import Category

_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def department(morning: str, redis_url: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a department where everything typed is hostile, and all of its pages."""
    engine = db.make_engine(morning)
    sessions = db.make_session_factory(engine)
    with db.transaction(sessions) as session:
        _add_what_a_morning_lacks(session)
        hostile.spread(session)
    sent = Inbox(sessions, now=NOW).take(_order())
    client = web.make_client(morning, redis_url, clock=lambda: NOW)
    with sessions() as session:
        addresses = pages(client.application, session)
        addresses["the order"] = f"/messages/{sent.id}"
    web.close(client)
    engine.dispose()
    with browser.serve(web.settings_for(morning, redis_url), now=NOW) as address:
        yield address, addresses


def _order() -> bytes:
    """Return an order whose texts are hostile, for a procedure that nobody does."""
    text = hostile.MARKUP.replace("|", "").replace("&", "")
    plain = order("1", code=f"X{text}", patient="1").replace(b"ROE^JANE", f"ROE^{text}".encode())
    return plain.replace(b"SOMETHING", text.encode())


def _add_what_a_morning_lacks(session: Session) -> None:
    """Add one of each thing that people or other systems name, and that the morning has none of."""
    admin = session.scalars(select(User).where(User.username == "admin")).one()
    room = session.scalars(select(Resource).where(Resource.kind == ResourceKind.ROOM)).first()
    case = session.scalars(select(ReadingTask)).first()
    assert room is not None
    assert case is not None
    tokens.create(session, admin, name="x", days=1, now=NOW)
    filters.save(session, admin, "x", {}, now=NOW)
    critical.raise_finding(
        session,
        case.requested_procedure_id,
        admin,
        category=Category.MINUTES,
        content="x",
        recipient="x",
        now=NOW,
    )
    during = Range(NOW + timedelta(hours=20), NOW + timedelta(hours=21))
    session.add_all(
        [
            PublicHoliday(site_id=room.site_id, day=NOW.date(), name="x"),
            Closure(resource_id=room.id, during=during, reason="x"),
            UserIdentity(user=admin, issuer="https://idp", subject="x", connected_at=NOW),
        ]
    )
    performed.create(session, make_report(started_at=NOW), actor="dicom:CT01", now=NOW)


def test_no_page_takes_a_text_for_markup(
    chromium: Browser, department: tuple[str, dict[str, str]]
) -> None:
    address, addresses = department
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    complaints = browser.watch(page)
    browser.sign_in(page, address, "admin", password=PASSWORD)
    wrong, shown = {}, 0
    for name, path in addresses.items():
        if found := _look(page, address + path):
            wrong[name] = found
        shown += f"&lt;{hostile.ELEMENT}&gt;" in page.content()
    context.close()
    assert wrong == {}
    assert shown > len(addresses) // 3, "most texts are not shown: this says nothing"
    assert complaints == []


def _look(page: Page, address: str) -> list[str]:
    """Return what is wrong: the page is not there, a text is an element of it, it is too wide."""
    answer = page.goto(address, wait_until="domcontentloaded", timeout=90_000)
    assert answer is not None
    if not answer.ok:
        return [f"{address} answers {answer.status}"]
    found = []
    if page.locator(hostile.ELEMENT).count():
        found.append("markup")
    wide = page.evaluate(_OVERFLOW)
    if wide > 0 and page.locator("main").count():
        found.append(f"{wide} px too wide")
    return found
