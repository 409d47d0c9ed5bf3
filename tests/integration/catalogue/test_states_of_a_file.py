"""A catalogue file that does not go with the department as it is, or with itself."""

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.department import ACTOR, NOW
from tests.support.small_catalogue import SMALL
from worklist.catalogue.editing.kinds import KINDS
from worklist.catalogue.editing.service import save, set_active
from worklist.catalogue.file import CatalogueError
from worklist.catalogue.load import load_file
from worklist.catalogue.models import Resource, Site, Station
from worklist.catalogue.procedures import Procedure

SECOND = """
[[rooms]]
code = "DX02"
name = "X-ray two"
site = "S"
hours = "day"
modalities = ["DX"]
stations = [{ ae_title = "DX02", modality = "DX" }]
"""


OTHER_SITE = '[[sites]]\ncode = "T"\nname = "Other"\ntime_zone = "Europe/Vienna"\n'
BAY = """
[[resources]]
code = "DX01"
name = "Bay"
site = "S"
hours = "day"
kind = "recovery_bay"
"""


def load(session: Session, folder: Path, text: str, *, overwrite: bool = False) -> str:
    path = folder / "catalogue.toml"
    path.write_text(text, "utf-8")
    return str(load_file(session, path, actor=ACTOR, now=NOW, overwrite=overwrite))


@pytest.fixture
def closed_site(session: Session, tmp_path: Path) -> None:
    """A department of which one site was taken out of use on its page, after its room."""
    load(session, tmp_path, SMALL + OTHER_SITE)
    for kind, code in (("room", "DX01"), ("site", "S")):
        set_active(session, KINDS[kind], code=code, active=False, actor="user:ann", now=NOW)


@pytest.mark.usefixtures("closed_site")
def test_no_room_is_made_in_a_site_that_is_out_of_use(session: Session, tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"DX02: its site S was taken out of use on a page"):
        load(session, tmp_path, SMALL + SECOND)


@pytest.mark.usefixtures("closed_site")
def test_a_load_that_overwrites_takes_site_and_rooms_up_again(
    session: Session, tmp_path: Path
) -> None:
    load(session, tmp_path, SMALL + SECOND, overwrite=True)
    assert session.scalars(select(Site.active).where(Site.code == "S")).all() == [True]
    assert set(session.scalars(select(Resource.code).where(Resource.active))) == {"DX01", "DX02"}


def test_what_goes_out_of_use_is_named(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path, SMALL + SECOND)
    told = load(session, tmp_path, SMALL)
    assert told.endswith("out of use now: room DX02")


def test_a_procedure_with_another_code_is_another_procedure(
    session: Session, tmp_path: Path
) -> None:
    load(session, tmp_path, SMALL)
    told = load(session, tmp_path, SMALL.replace("71046", "71047"))
    assert "out of use now: procedure 71046" in told
    in_use = {one.code: one.active for one in session.scalars(select(Procedure))}
    assert in_use == {"71046": False, "71047": True}


def test_hours_that_overlap_are_open_as_long_as_one_of_them_is(
    session: Session, tmp_path: Path
) -> None:
    more = '[[hours.day]]\ndays = [1]\nopens = "07:00"\ncloses = "12:00"\n\n[[rooms]]'
    told = load(session, tmp_path, SMALL.replace("[[rooms]]", more))
    assert "opening_hours" in told or "resources added" in told
    assert load(session, tmp_path, SMALL.replace("[[rooms]]", more)) == "nothing changed"


def test_a_station_moves_with_its_title(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path, SMALL + SECOND)
    moved = SMALL.replace(
        'stations = [{ ae_title = "DX01", modality = "DX" }]',
        'stations = [{ ae_title = "DX02", modality = "DX" }]',
    )
    load(session, tmp_path, moved)
    (room,) = session.scalars(select(Resource).where(Resource.active))
    found = select(Station.ae_title).where(Station.active, Station.room_id == room.id)
    assert session.scalars(found).all() == ["DX02"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (SECOND.replace('"DX02", modality', '"DX01", modality'), "ae_title once; DX01 is there"),
        (SECOND.replace('code = "DX02"', 'code = "DX01"'), "code once; DX01 is there"),
        (BAY, "code once; DX01 is there"),
        (
            '[[sites]]\ncode = "S"\nname = "Twice"\ntime_zone = "Europe/Vienna"\n',
            "code once; S is there",
        ),
        (
            '[[image_managers]]\nae_title = "PACS"\nhost = "a"\nport = 104\n' * 2,
            "ae_title once; PACS is there",
        ),
        (
            '[[holidays]]\nsite = "S"\nday = 2026-12-25\nname = "Christmas"\n' * 2,
            "once; holiday 2026-12-25 of S",
        ),
    ],
)
def test_what_is_there_twice_is_refused(
    session: Session, tmp_path: Path, more: str, message: str
) -> None:
    with pytest.raises(CatalogueError, match=message):
        load(session, tmp_path, SMALL + more)


def test_a_room_does_not_become_a_bay(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path, SMALL)
    others = '[[hours.day]]\ndays = [1]\nopens = "08:00"\ncloses = "18:00"\n' + BAY
    with pytest.raises(CatalogueError, match="DX01: is the code of a room already"):
        load(session, tmp_path, others)


def test_a_room_that_a_person_changed_stays_in_use(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path, SMALL + SECOND)
    kind = KINDS["room"]
    row = session.scalars(kind.select().where(Resource.code == "DX02")).one()
    entry = kind.entry.model_validate(kind.values(row) | {"name": "By hand"})
    save(session, kind, entry, code="DX02", actor="user:ann", now=NOW)
    told = load(session, tmp_path, SMALL)
    assert "kept as people changed them on pages: room DX02" in told
