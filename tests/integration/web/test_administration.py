"""Administrators' pages: the catalogue changed one thing at a time, with its history."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.support import web
from tests.support.department import ACTOR, NOW, make_exam, make_procedure, make_room, make_site
from worklist import db
from worklist.audit.changes import AdministrativeChange
from worklist.auth.roles import UserRole
from worklist.catalogue.models import OpeningHours, PublicHoliday, Resource, Site, Station
from worklist.catalogue.procedures import Procedure
from worklist.catalogue.report_templates import ReportTemplate
from worklist.scheduling import service as scheduling
from worklist.scheduling.placement import place

PAGE = "/administration"

ROOM = {
    "code": "CT02",
    "name": "CT in the new wing",
    "site": "MAIN",
    "modalities": "CT, PT",
    "capabilities": "shielded, iodinated_contrast",
    "table_limit_kg": "250",
    "turnover_minutes": "5",
    "dose_rank": "1",
    "display_order": "2",
}
PROCEDURE = {
    "code": "74177",
    "coding_scheme": "C4",
    "name": "CT abdomen and pelvis with contrast",
    "synonyms": "CT belly, CT abdo",
    "modality": "CT",
    "body_part": "ABDOMEN",
    "minutes": "20",
    "contrast": "iodinated",
    "route": "intravenous",
    "reading_group": "general",
    "preparation": "Nothing to eat for 4 hours.",
    "preparation_translations": "de: Vier Stunden nichts essen.",
    "phase_name": ["oral contrast", ""],
    "phase_kind": ["preparation_chair", "nurse"],
    "phase_offset": ["-60", "0"],
    "phase_minutes": ["60", "15"],
    "phase_patient_present": ["yes", "no"],
}


@pytest.fixture
def department(session_factory: db.SessionFactory) -> int:
    """A site with one room and one procedure; gives the room's id."""
    with db.transaction(session_factory) as session:
        site = make_site(session)
        make_procedure(session)
        return make_room(session, site, "CT01").id


@pytest.fixture
def client(client: FlaskClient, session_factory: db.SessionFactory) -> FlaskClient:
    """An administrator's browser."""
    web.sign_in(client, web.make_user(session_factory, UserRole.ADMINISTRATOR))
    return client


def save(client: FlaskClient, address: str, **fields: Any) -> Any:
    return web.submit(client, f"{PAGE}/{address}", f"{PAGE}/{address}", **fields)


def only_change(sessions: db.SessionFactory, kind: str) -> AdministrativeChange:
    with sessions() as session:
        change = AdministrativeChange
        return session.scalars(select(change).where(change.kind == kind)).one()


@pytest.mark.usefixtures("department")
def test_a_new_room_is_at_once_bookable_and_on_the_board(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        session.scalars(select(Procedure)).one().required_capabilities = ["cardiac"]
    fields = ROOM | {"capabilities": "shielded, cardiac"}
    refused = save(client, "room/new", **fields, hours_of="CT99")
    assert refused.status_code == 422
    assert "no room, bay or member of staff CT99" in refused.text
    assert save(client, "room/new", **fields, hours_of="CT01").status_code == 303
    assert "CT in the new wing" in client.get("/day").text
    with db.transaction(session_factory) as session:
        exam = make_exam(session)
        place(session, exam.id, actor=ACTOR, now=NOW)
        assert exam.room is not None
        assert exam.room.code == "CT02"
        assert exam.room.modalities == ["CT", "PT"]
        assert exam.room.table_limit_kg == 250.0


@pytest.mark.usefixtures("department")
def test_what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    wrong = ROOM | {"code": "CT 02", "bore_cm": "wide", "modalities": "", "name": "Kept name"}
    page = save(client, "room/new", **wrong)
    assert page.status_code == 422
    for field in ("code", "bore_cm", "modalities"):
        assert f'id="wrong-{field}"' in page.text
    assert 'id="wrong-name"' not in page.text
    assert 'value="Kept name"' in page.text
    assert 'value="wide"' in page.text
    assert "Fields that need another value: 3" in page.text
    assert 'name="modalities" aria-invalid="true" aria-describedby="wrong-modalities" required' in (
        page.text
    )
    assert "[]" not in page.text
    with session_factory() as session:
        assert session.scalars(select(Resource.code)).all() == ["CT01"]


@pytest.mark.usefixtures("department")
@pytest.mark.parametrize("kind", ["room", "resource"])
def test_a_code_is_given_once_among_rooms_bays_and_staff(client: FlaskClient, kind: str) -> None:
    fields = ROOM | {"code": "CT01", "kind": "nurse"}
    page = save(client, f"{kind}/new", **fields)
    assert page.status_code == 422
    assert "CT01 already exists" in page.text


@pytest.mark.usefixtures("department")
def test_a_change_is_kept_with_who_when_before_and_after(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    values = ROOM | {"name": "CT one", "table_limit_kg": "300", "capabilities": "shielded"}
    assert save(client, "room/CT01", **values).status_code == 303
    change = only_change(session_factory, "room")
    assert (change.actor, change.changed_at, change.code) == ("user:dana", NOW, "CT01")
    assert change.before is not None
    assert change.after is not None
    assert change.before["table_limit_kg"] is None
    assert change.after["table_limit_kg"] == 300.0
    assert "code" not in change.names
    page = client.get(f"{PAGE}/room/CT01").text
    assert "<strong>table limit kg</strong>: " in page
    assert "→ 300</li>" in page
    assert "table limit kg" in client.get(PAGE).text
    # The same again is not a change.
    save(client, "room/CT01", **values)
    assert only_change(session_factory, "room").id == change.id


@pytest.mark.usefixtures("department")
def test_a_number_is_typed_with_a_comma_and_shown_as_the_language_writes_it(
    client: FlaskClient,
) -> None:
    assert save(client, "room/CT01", **ROOM | {"field_strength_tesla": "0,5"}).status_code == 303
    page = f"{PAGE}/room/CT01"
    assert 'value="0.5"' in client.get(page).text
    assert 'value="0,5"' in client.get(page, headers={"Accept-Language": "de"}).text


@pytest.mark.usefixtures("department")
def test_a_procedure_is_made_with_its_phases_and_preparation(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    assert save(client, "procedure/new", **PROCEDURE).status_code == 303
    with session_factory() as session:
        made = session.scalars(select(Procedure).where(Procedure.code == "74177")).one()
        assert made.synonyms == ["CT belly", "CT abdo"]
        assert made.preparation == "Nothing to eat for 4 hours."
        assert made.preparation_translations == {"de": "Vier Stunden nichts essen."}
        # CT irradiates, of the abdomen the pelvis too: nobody said otherwise.
        assert (made.ionising, made.irradiates_pelvis) == (True, True)
        [phase] = made.phases
        assert (phase.name, phase.offset_minutes, phase.duration_minutes) == (
            "oral contrast",
            -60,
            60,
        )
        assert phase.patient_present
    assert "74177" in client.get(f"{PAGE}/procedure?q=belly").text
    assert "74177" not in client.get(f"{PAGE}/procedure?q=knee").text


@pytest.mark.usefixtures("department")
def test_the_operating_mode_of_an_mr_is_chosen_kept_and_taken_away_again(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    head = PROCEDURE | {"code": "70551", "modality": "MR", "contrast": "none", "route": "none"}

    def mode(chosen: str) -> str | None:
        address = "procedure/70551" if chosen != "normal" else "procedure/new"
        assert save(client, address, **head, operating_mode=chosen).status_code == 303
        with session_factory() as session:
            statement = select(Procedure.operating_mode).where(Procedure.code == "70551")
            return session.scalars(statement).one()

    assert mode("normal") == "normal"
    assert mode("first_level_controlled") == "first_level_controlled"
    assert "first level controlled" in client.get(f"{PAGE}/procedure/70551").text
    assert mode("") is None


@pytest.mark.usefixtures("department")
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"minutes": "0"}, "minutes"),
        ({"modality": "ct"}, "modality"),
        ({"contrast": "gold"}, "contrast"),
        ({"operating_mode": "second_level_controlled"}, "operating_mode"),
        ({"phase_minutes": ["soon", "15"]}, "phases"),
        ({"phase_name": ["one", "one"]}, "phases"),
    ],
)
def test_a_procedure_that_cannot_be_is_refused_at_its_field(
    client: FlaskClient, fields: dict[str, Any], field: str
) -> None:
    page = save(client, "procedure/new", **(PROCEDURE | fields))
    assert page.status_code == 422
    assert f'id="wrong-{field}"' in page.text
    assert 'value="oral contrast"' in page.text or field == "phases"


def test_a_room_goes_out_of_use_after_its_booked_exams_are_named(
    client: FlaskClient, session_factory: db.SessionFactory, department: int
) -> None:
    with db.transaction(session_factory) as session:
        scheduling.book(
            session,
            make_exam(session),
            room_id=department,
            starts_at=NOW + timedelta(hours=2),
            actor=ACTOR,
            now=NOW,
        )
    page = f"{PAGE}/room/CT01"
    asked = web.submit(client, f"{page}/retire", page)
    assert asked.status_code == 422
    assert "Exams that still need it: 1" in asked.text
    assert "ROE, RICHARD" in asked.text
    with session_factory() as session:
        assert session.scalars(select(Resource.active)).one()
    assert web.submit(client, f"{page}/retire", page, sure="yes").status_code == 303
    assert f'href="{page}"' not in client.get(f"{PAGE}/room").text
    assert "out of use" in client.get(f"{PAGE}/room?all=yes").text
    assert web.submit(client, f"{page}/restore", page).status_code == 303
    with session_factory() as session:
        assert session.scalars(select(Resource.active)).one()
        changes = session.scalars(
            select(AdministrativeChange).order_by(AdministrativeChange.id)
        ).all()
    assert [one.after for one in changes if one.kind == "room"] == [
        {"active": False},
        {"active": True},
    ]


@pytest.mark.usefixtures("department")
def test_a_procedure_with_open_exams_names_them(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        exam = make_exam(session)
    page = f"{PAGE}/procedure/71250"
    asked = web.submit(client, f"{page}/retire", page)
    assert asked.status_code == 422
    assert f"/exams/{exam.id}" in asked.text


@pytest.mark.usefixtures("department")
def test_a_station_moves_to_another_room(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    save(client, "room/new", **ROOM, hours_of="CT01")
    fields = {"room": "CT02", "modality": "CT", "name": "", "character_set": "ISO_IR 100"}
    assert save(client, "station/CT01", **fields).status_code == 303
    with session_factory() as session:
        station = session.scalars(select(Station)).one()
        assert (station.room.code, station.name) == ("CT02", "CT01")
    assert save(client, "station/new", ae_title="CT02", **fields).status_code == 303
    twice = save(client, "station/new", ae_title="CT02", **fields)
    assert 'id="wrong-ae_title"' in twice.text


@pytest.mark.usefixtures("department")
def test_a_site_keeps_its_code_and_changes_the_rest(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    fields = {"code": "OTHER", "name": "Main", "department": "Imaging", "time_zone": "Europe/Rome"}
    assert save(client, "site/MAIN", **fields).status_code == 303
    with session_factory() as session:
        site = session.scalars(select(Site)).one()
        assert (site.code, site.department, site.reports_here) == ("MAIN", "Imaging", False)
    for wrong in ("Vienna", "Europe", "../Europe/Rome", "x" * 300):
        page = save(client, "site/MAIN", **(fields | {"time_zone": wrong}))
        assert page.status_code == 422
        assert 'id="wrong-time_zone"' in page.text
    assert "IANA time zone" in page.text


@pytest.mark.usefixtures("department")
def test_public_holidays_are_made_and_taken_away(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    fields = {"site": "MAIN", "day": "2026-12-08", "name": "Immaculate Conception"}
    assert save(client, "holiday/new", **fields).status_code == 303
    assert 'id="wrong-day"' in save(client, "holiday/new", **fields).text
    page = f"{PAGE}/holiday/MAIN_2026-12-08"
    assert "Immaculate" in client.get(f"{PAGE}/holiday").text
    assert "<h1>Immaculate Conception <" in client.get(page).text
    assert web.submit(client, f"{page}/delete", page).status_code == 303
    with session_factory() as session:
        assert session.scalars(select(PublicHoliday)).all() == []
    refused = web.submit(client, f"{PAGE}/room/CT01/delete", f"{PAGE}/room/CT01")
    assert refused.status_code == 422


@pytest.mark.usefixtures("department")
def test_a_report_template_is_written_on_a_page_with_its_history(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    fields = {"code": "CT", "name": "Any CT", "modality": "CT", "content": "Dose: {dose}"}
    assert save(client, "report_template/new", **fields).status_code == 303
    refused = save(client, "report_template/CT", **(fields | {"content": "By {reader}"})).text
    assert 'id="wrong-content"' in refused
    assert save(client, "report_template/CT", **(fields | {"name": "CT"})).status_code == 303
    with session_factory() as session:
        template = session.scalars(select(ReportTemplate)).one()
        assert (template.name, template.body_part, template.procedures) == ("CT", None, [])
    page = client.get(f"{PAGE}/report_template/CT").text
    assert "Any CT" in page  # in its history


@pytest.mark.usefixtures("department")
def test_hours_hold_by_season(client: FlaskClient, session_factory: db.SessionFactory) -> None:
    fields = {
        "until_0": "2026-06-30",
        "day_0_1": "08:00-12:00, 13:00-17:00",
        "from_1": "2026-07-01",
        "until_1": "2026-08-31",
        "day_1_1": "07:00-13:00",
        "day_1_0": "09:00-11:00",
    }
    assert save(client, "hours/CT01", **fields).status_code == 303
    with session_factory() as session:
        rows = session.scalars(
            select(OpeningHours).order_by(OpeningHours.weekday, OpeningHours.opens)
        )
        found = [(row.weekday, f"{row.opens:%H}", row.valid_from, row.valid_until) for row in rows]
    summer = date(2026, 7, 1), date(2026, 8, 31)
    assert found == [
        (0, "09", *summer),
        (1, "07", *summer),
        (1, "08", None, date(2026, 6, 30)),
        (1, "13", None, date(2026, 6, 30)),
    ]
    page = client.get(f"{PAGE}/hours/CT01").text
    assert 'value="08:00-12:00, 13:00-17:00"' in page
    assert 'value="2026-08-31"' in page
    assert "Monday 2026-07-01 to 2026-08-31" in page


@pytest.mark.usefixtures("department")
@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"day_0_3": "whenever"}, "day_0_3"),
        ({"day_0_3": "08:00-17:00", "from_0": "July"}, "from_0"),
        ({"day_0_3": "08:00-17:00", "from_0": "2026-07-01", "until_0": "2026-06-01"}, "until_0"),
        ({"day_0_3": "08:00-17:00", "day_1_3": "18:00-20:00"}, "from_1"),
    ],
)
def test_hours_that_cannot_be_are_marked(
    client: FlaskClient, fields: dict[str, str], wrong: str
) -> None:
    page = save(client, "hours/CT01", **fields, day_0_1="07:30-16:00")
    assert page.status_code == 422
    assert f'id="wrong-{wrong}"' in page.text
    assert 'value="07:30-16:00"' in page.text


@pytest.mark.usefixtures("department")
def test_lists_and_the_history_are_paged(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        for number in range(60):
            make_procedure(session, f"P{number:03}")
        session.add_all(
            AdministrativeChange(
                changed_at=NOW,
                actor=ACTOR,
                kind="room",
                code=f"R{number:03}",
                before=None,
                after={},
            )
            for number in range(60)
        )
    first = client.get(f"{PAGE}/procedure").text
    assert "P048" in first
    assert "P049" not in first
    assert "P049" in client.get(f"{PAGE}/procedure?after=P048").text
    newest = client.get(PAGE).text
    assert "R059" in newest
    assert "R009" not in newest
    assert "Next page" in newest


@pytest.mark.usefixtures("department")
def test_only_administrators_come_here(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    other = client.application.test_client()
    web.sign_in(other, web.make_user(session_factory, UserRole.MANAGER, username="max"))
    assert other.get(PAGE).status_code == 403
    assert other.get(f"{PAGE}/room/CT01").status_code == 403
    assert web.submit(other, f"{PAGE}/room/CT01/retire", "/search").status_code == 403
    assert client.get(f"{PAGE}/spaceship").status_code == 404
    assert client.get(f"{PAGE}/room/XX").status_code == 404
