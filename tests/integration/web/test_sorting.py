"""Long lists are sorted by their columns, page after page, and their address says how."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support import web
from tests.support.department import NOW, make_room, make_site
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.catalogue.editing.kinds import KINDS
from worklist.dicom.models import WorklistQuery
from worklist.web.administration.columns import COLUMNS
from worklist.web.administration.fields import FORMS
from worklist.web.paging import ROWS


def walk(client: FlaskClient, address: str, link: str) -> list[str]:
    """Return what the rows of every page of a list are called, following the next page."""
    found: list[str] = []
    while address:
        page = client.get(address)
        assert page.status_code == 200, address
        found += re.findall(link, page.text)
        following = re.search(r'rel="next" href="([^"]+)"', page.text)
        address = following[1].replace("&amp;", "&") if following else ""
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_that_is_shown_sorts(kind: str) -> None:
    shown = {FORMS[kind].fields[0].name, *FORMS[kind].listed}
    assert shown <= set(COLUMNS[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_every_list_opens_sorted_by_each_column(signed_in: SignIn, kind: str) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    for column in COLUMNS[kind]:
        for sort in (column, f"-{column}"):
            page = client.get(f"/administration/{kind}?sort={sort}")
            assert page.status_code == 200, sort
    assert client.get(f"/administration/{kind}?sort=colour").status_code == 422


def test_pages_go_on_as_they_are_sorted(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    """Many rows are equal in the column, and a code has the sign that stands between keys."""
    with db.transaction(session_factory) as session:
        site, west = make_site(session), make_site(session, "WEST")
        for number in range(ROWS + 5):
            make_room(session, west if number % 2 else site, f"R_{number:03}%")
    client = signed_in(UserRole.ADMINISTRATOR)
    link = r'class="code"><a href="[^"]+">([^<]+)</a>'
    codes = [f"R_{number:03}%" for number in range(ROWS + 5)]
    assert walk(client, "/administration/room", link) == codes
    assert walk(client, "/administration/room?sort=-code", link) == codes[::-1]
    by_site = walk(client, "/administration/room?sort=site", link)
    assert by_site == codes[::2] + codes[1::2]
    assert walk(client, "/administration/room?sort=-site", link) == by_site[::-1]
    page = client.get("/administration/room?sort=site&q=R_").text
    assert 'aria-sort="ascending"><a class="sorts" href="/administration/room?sort=-site' in page
    assert '<input type="hidden" name="sort" value="site">' in page


def test_holidays_go_on_by_their_days(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_site(session)
    client = signed_in(UserRole.ADMINISTRATOR)
    days = [(NOW + timedelta(days=number)).date().isoformat() for number in range(ROWS + 2)]
    for day in days:
        address = "/administration/holiday/new"
        fields: dict[str, Any] = {"site": "MAIN", "day": day, "name": "Holiday"}
        assert web.submit(client, address, address, **fields).status_code == 303
    assert walk(client, "/administration/holiday", r'data-href="[^"]*MAIN_([\d-]+)"') == days


def test_stations_are_sorted_by_when_they_asked(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        site = make_site(session)
        for code in ("CT01", "CT02", "CT03"):
            make_room(session, site, code)
        session.add_all(
            WorklistQuery(
                calling=calling,
                digest=calling,
                identifier=b"",
                transfer_syntax="1.2.840.10008.1.2",
                fuzzy_names=False,
                last_asked_at=NOW - timedelta(minutes=minutes),
            )
            for calling, minutes in (("CT01", 5), ("CT03", 60))
        )
    client = signed_in(UserRole.ADMINISTRATOR)
    link = r'href="/stations/(\w+)"'
    assert walk(client, "/stations?sort=asked", link) == ["CT02", "CT03", "CT01"]
    assert walk(client, "/stations?sort=-asked", link) == ["CT01", "CT03", "CT02"]
    assert walk(client, "/stations?q=ct02", link) == ["CT02"]


def test_accounts_are_sorted(signed_in: SignIn, session_factory: db.SessionFactory) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    web.make_user(session_factory, UserRole.RADIOLOGIST, username="abel")
    link = r'<td class="code">(\w+)</td>'
    assert walk(client, "/accounts?sort=username", link) == ["abel", "dana"]
    assert walk(client, "/accounts?sort=-username", link) == ["dana", "abel"]
    # Whoever never signed in did so before everybody else.
    assert walk(client, "/accounts?sort=last_sign_in", link) == ["abel", "dana"]
