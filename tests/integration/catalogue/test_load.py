"""The catalogue file: strict, idempotent, and a demonstration department that holds together."""

from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from tests.support.department import ACTOR, NOW
from tests.support.small_catalogue import SMALL
from worklist.audit.changes import AdministrativeChange
from worklist.catalogue.editing.kinds import KINDS
from worklist.catalogue.editing.service import save
from worklist.catalogue.file import CatalogueError
from worklist.catalogue.load import load_file
from worklist.catalogue.models import OpeningHours, Resource, ResourceKind, Room, Station
from worklist.catalogue.procedures import Procedure
from worklist.catalogue.profiles import StationProfile
from worklist.demonstration.load import load_catalogue


def write(folder: Path, text: str) -> Path:
    path = folder / "catalogue.toml"
    path.write_text(text, "utf-8")
    return path


def load(session: Session, folder: Path, text: str = SMALL) -> str:
    return str(load_file(session, write(folder, text), actor=ACTOR, now=NOW))


PROFILE = """
[station_profiles.old_console]
window_hours_after = 24
leaves_list = "hours_after_end"
linger_hours = 2
forced_keys = { ScheduledStationAETitle = "{calling}" }
addresses = ["10.1.2.3", "10.2.0.0/16"]
"""
WITH_PROFILE = PROFILE + SMALL.replace(
    'modality = "DX" }]', 'modality = "DX", profile = "old_console" }]'
)


def test_a_station_gets_its_profile(session: Session, tmp_path: Path) -> None:
    assert "1 station_profiles added" in load(session, tmp_path, WITH_PROFILE)
    assert load(session, tmp_path, WITH_PROFILE) == "nothing changed"
    [profile] = session.scalars(select(StationProfile))
    assert profile.station.ae_title == "DX01"
    assert profile.forced_keys == {"ScheduledStationAETitle": "{calling}"}
    assert profile.addresses == ["10.1.2.3/32", "10.2.0.0/16"]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('"old_console" }', '"new_console" }', r"\[station_profiles\] to have new_console"),
        ("linger_hours = 2", "linger_hours = 0", "linger_hours"),
        ("10.1.2.3", "scanner", "address or network"),
        ("{ ScheduledStation", "{ scheduledStation", "did you mean ScheduledStationAETitle"),
        ("{ ScheduledStationAETitle", "{ PatientComments", "'PatientComments' .* can match"),
    ],
)
def test_a_wrong_profile_says_what(
    session: Session, tmp_path: Path, before: str, after: str, message: str
) -> None:
    with pytest.raises(CatalogueError, match=message):
        load(session, tmp_path, WITH_PROFILE.replace(before, after))


def test_second_load_changes_nothing(session: Session, tmp_path: Path) -> None:
    assert "1 rooms added" in load(session, tmp_path)
    assert load(session, tmp_path) == "nothing changed"


def test_edited_file_changes_what_was_edited(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path)
    edited = SMALL.replace("minutes = 10", "minutes = 12").replace('"08:00"', '"09:00"')
    load(session, tmp_path, edited)
    assert session.scalar(select(Procedure.duration_minutes)) == 12
    opens = session.scalars(select(OpeningHours.opens)).all()
    assert [str(one) for one in opens] == ["09:00:00", "09:00:00"]


def test_what_the_file_no_longer_has_is_taken_out_of_use(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path)
    load(session, tmp_path, SMALL.replace("DX01", "DX09").replace("71046", "71045"))
    active = dict(session.execute(select(Resource.code, Resource.active)).all())
    assert active == {"DX01": False, "DX09": True}
    codes = dict(session.execute(select(Procedure.code, Procedure.active)).all())
    assert codes == {"71046": False, "71045": True}


def history(session: Session) -> list[tuple[str, str, str, list[str]]]:
    changes = session.scalars(select(AdministrativeChange).order_by(AdministrativeChange.id))
    return [(one.kind, one.code, one.actor, one.names) for one in changes]


def test_what_a_load_changes_is_in_the_history(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path)
    known = len(history(session))
    edited = SMALL.replace("minutes = 10", "minutes = 12").replace("DX01", "DX09")
    load(session, tmp_path, edited.replace('"08:00"', '"09:00"'))
    told = [one for one in history(session)[known:] if one[1] in {"71046", "DX01"}]
    assert told == [
        ("room", "DX01", ACTOR, ["active"]),
        ("procedure", "71046", ACTOR, ["minutes"]),
    ]


def test_a_load_keeps_what_people_changed_unless_it_overwrites(
    session: Session, tmp_path: Path
) -> None:
    load(session, tmp_path)
    kind = KINDS["procedure"]
    values = kind.values(session.scalars(select(Procedure)).one()) | {"minutes": 25}
    entry = kind.entry.model_validate(values)
    save(session, kind, entry, code="71046", actor="user:ann", now=NOW)
    edited = SMALL.replace("minutes = 10", "minutes = 12").replace("X-ray", "X-ray one")
    told = load(session, tmp_path, edited)
    assert told.endswith("kept as people changed them on pages: procedure 71046")
    assert session.scalar(select(Procedure.duration_minutes)) == 25
    assert session.scalar(select(Resource.name)) == "X-ray one"
    # A file without it does not take it out of use either.
    load(session, tmp_path, edited.replace("71046", "71045"))
    assert session.scalar(select(Procedure.active).where(Procedure.code == "71046"))
    path = write(tmp_path, edited)
    load_file(session, path, actor=ACTOR, now=NOW, overwrite=True)
    minutes = select(Procedure.duration_minutes).where(Procedure.code == "71046")
    assert session.scalar(minutes) == 12
    assert "kept" not in load(session, tmp_path, edited)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("minutes = 10", "minuets = 10", "minuets"),
        ("minutes = 10", "minutes = 0", r"procedures\.0\.minutes.*number above 0"),
        ("Europe/Vienna", "Europe/Wien", "IANA"),
        ('hours = "day"', 'hours = "night"', r"\[hours\] to have night"),
        ('site = "S"', 'site = "T"', "code of a site; 'T' is none"),
        ("days = [1, 2]", "days = [8]", "hours.day"),
        ('closes = "24:00"', 'closes = "07:00"', "later than opens"),
        ("[[procedures]]", "[[procedures", "is not TOML"),
    ],
)
def test_wrong_file_says_where_and_what(
    session: Session, tmp_path: Path, before: str, after: str, message: str
) -> None:
    with pytest.raises(CatalogueError, match=message):
        load(session, tmp_path, SMALL.replace(before, after))


def test_demonstration_department_is_whole(session: Session) -> None:
    load_catalogue(session, now=NOW)
    assert all(not changes for changes in load_catalogue(session, now=NOW))
    rooms = session.scalars(select(Room)).all()
    assert len(rooms) >= 14
    modalities = {modality for room in rooms for modality in room.modalities}
    assert modalities == {"DX", "RF", "CT", "MR", "US", "MG", "PT", "NM", "XA"}
    magnets = {room.field_strength_tesla for room in rooms if "MR" in room.modalities}
    assert magnets == {1.5, 3.0}
    assert any("wide_bore" in room.capabilities for room in rooms)
    assert session.scalar(select(func.count()).select_from(Procedure)) >= 60  # type: ignore[operator]
    titles = set(session.scalars(select(Station.ae_title)))
    assert {"CT01", "CT02", "MR01"} <= titles


def test_every_demonstration_procedure_has_a_room_and_its_resources(session: Session) -> None:
    load_catalogue(session, now=NOW)
    rooms = session.scalars(select(Room)).all()
    kinds = set(session.scalars(select(Resource.kind)))
    assert kinds == set(ResourceKind)
    for procedure in session.scalars(select(Procedure).options(selectinload(Procedure.phases))):
        required = set(procedure.required_capabilities)
        if procedure.ionising:
            required.add("shielded")
        assert any(
            procedure.modality in room.modalities and required <= set(room.capabilities)
            for room in rooms
        ), procedure.code
        assert {phase.resource_kind for phase in procedure.phases} <= kinds
