"""Sites and image managers go out of use on their pages, and not while something needs them."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.support import web
from tests.support.department import make_room, make_site
from tests.support.dicom import make_forward
from tests.support.web import SignIn
from worklist import db
from worklist.audit.changes import AdministrativeChange
from worklist.auth.roles import UserRole
from worklist.catalogue.image_managers import ImageManager
from worklist.catalogue.models import Resource, Site

SITE, MANAGER = "/administration/site/WEST", "/administration/image_manager/PACS"


@pytest.fixture
def department(session_factory: db.SessionFactory) -> None:
    """Two sites with a room each."""
    with db.transaction(session_factory) as session:
        make_room(session, make_site(session), "CT01")
        make_room(session, make_site(session, "WEST"), "CT02")


@pytest.fixture
def admin(signed_in: SignIn) -> FlaskClient:
    return signed_in(UserRole.ADMINISTRATOR)


def history(sessions: db.SessionFactory, kind: str) -> list[tuple[object, object]]:
    with sessions() as session:
        change = AdministrativeChange
        rows = session.scalars(select(change).where(change.kind == kind).order_by(change.id))
        return [(one.before, one.after) for one in rows]


@pytest.mark.usefixtures("department")
def test_a_site_goes_out_of_use_after_its_rooms(
    admin: FlaskClient, session_factory: db.SessionFactory
) -> None:
    refused = web.submit(admin, f"{SITE}/retire", SITE)
    assert refused.status_code == 422
    assert "take it out of use first: CT02" in refused.text
    assert history(session_factory, "site") == []
    room = "/administration/room/CT02"
    assert web.submit(admin, f"{room}/retire", room).status_code == 303
    assert web.submit(admin, f"{SITE}/retire", SITE).status_code == 303
    assert history(session_factory, "site") == [({"active": True}, {"active": False})]
    assert SITE not in admin.get("/administration/site").text
    assert "WEST" not in admin.get("/day").text
    assert '<option value="WEST"' not in admin.get("/administration/room/new").text
    back = web.submit(admin, f"{room}/restore", room)
    assert back.status_code == 422
    assert "WEST, which is out of use" in back.text
    assert web.submit(admin, f"{SITE}/restore", SITE).status_code == 303
    assert web.submit(admin, f"{room}/restore", room).status_code == 303


@pytest.mark.usefixtures("department")
def test_what_stands_in_a_site_out_of_use_keeps_it(
    admin: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        for row in session.scalars(select(Resource).where(Resource.code == "CT02")):
            row.active = row.site.active = False
    page = "/administration/room/CT02"
    assert '<option value="WEST" selected' in admin.get(page).text
    fields: dict[str, Any] = {
        "name": "Old CT",
        "site": "WEST",
        "modalities": "CT",
        "dose_rank": "1",
    }
    fields |= {"turnover_minutes": "0", "display_order": "0"}
    assert web.submit(admin, page, page, **fields).status_code == 303
    page = "/administration/room/CT01"
    refused = web.submit(admin, page, page, **fields)
    assert "The site WEST is out of use" in refused.text


def test_one_site_stays_in_use(admin: FlaskClient, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        make_site(session, "WEST")
    refused = web.submit(admin, f"{SITE}/retire", SITE)
    assert "WEST is the only site in use" in refused.text
    with session_factory() as session:
        assert session.scalars(select(Site.active)).one()


@pytest.mark.usefixtures("department")
def test_an_image_manager_is_made_changed_and_taken_out_of_use(
    admin: FlaskClient, session_factory: db.SessionFactory
) -> None:
    new = "/administration/image_manager/new"
    fields: dict[str, Any] = {"host": "10.0.0.9", "port": "104", "forward_performed_steps": "yes"}
    wrong = web.submit(admin, new, new, ae_title="PACS", **(fields | {"port": "70000"}))
    assert 'id="wrong-port"' in wrong.text
    assert web.submit(admin, new, new, ae_title="PACS", **fields).status_code == 303
    assert web.submit(admin, MANAGER, MANAGER, **(fields | {"port": "11112"})).status_code == 303
    with session_factory() as session:
        made = session.scalars(select(ImageManager)).one()
        assert (made.host, made.port, made.active) == ("10.0.0.9", 11112, True)
        assert (made.forward_performed_steps, made.forward_availability) == (True, False)
    assert web.submit(admin, f"{MANAGER}/retire", MANAGER).status_code == 303
    assert "PACS" in admin.get("/connections").text
    assert history(session_factory, "image_manager")[-1] == ({"active": True}, {"active": False})


@pytest.mark.usefixtures("department")
def test_an_image_manager_for_whom_messages_wait_names_them_first(
    admin: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_forward(session, "PACS")
    asked = web.submit(admin, f"{MANAGER}/retire", MANAGER)
    assert asked.status_code == 422
    assert "1 message still waits for it" in asked.text
    assert web.submit(admin, f"{MANAGER}/retire", MANAGER, sure="yes").status_code == 303
    with session_factory() as session:
        assert not session.scalars(select(ImageManager.active)).one()
