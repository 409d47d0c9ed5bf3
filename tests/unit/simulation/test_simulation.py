"""Weeks of a department in virtual time: repeatable, without double booking, told in two ways."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

import worklist.tables  # noqa: F401 - procedures refer to every table
from worklist.cli import cli
from worklist.demonstration.load import FILES
from worklist.errors import DomainError
from worklist.scheduling import policy_file
from worklist.scheduling.policy_file import PolicyError
from worklist.simulation import report, run
from worklist.simulation.demand import Parameters
from worklist.simulation.play import Result
from worklist.vocabulary import PatientClass, Priority

START = datetime(2026, 1, 5, tzinfo=UTC)
QUIET = Parameters(orders_a_day=60, breakdown_days=3)


@pytest.fixture(scope="module")
def results() -> list[Result]:
    names = ["standard", "fixed_room"]
    return run.play(FILES, names, start=START, weeks=1, seed=3, parameters=QUIET)


def test_policies_get_the_same_orders(results: list[Result]) -> None:
    keys = [
        [(one.demand.ordered_at, one.demand.procedure.code) for one in result.played]
        for result in results
    ]
    assert keys[0] == keys[1]
    assert len(keys[0]) > 200


def test_no_room_has_two_exams_at_one_time(results: list[Result]) -> None:
    for result in results:
        slots = sorted(
            (one.slot.room_code, *one.slot.takings[0].during)
            for one in result.played
            if one.slot is not None
        )
        assert all(one[0] != two[0] or one[2] <= two[1] for one, two in pairwise(slots))


def test_exams_that_are_not_urgent_start_by_day(results: list[Result]) -> None:
    hours = [
        one.slot.starts_at.astimezone(one.slot.zone).hour
        for one in results[0].played
        if one.slot is not None and one.demand.priority in {Priority.ASAP, Priority.ROUTINE}
    ]
    assert min(hours) >= 7
    assert max(hours) < 20


def test_fixed_room_gives_a_procedure_one_room(results: list[Result]) -> None:
    rooms = {
        one.slot.room_code
        for one in results[1].played
        if one.slot is not None and one.demand.procedure.code == "71046"
    }
    assert len(rooms) == 1


def test_breakdowns_move_exams_out_of_the_room(results: list[Result]) -> None:
    assert sum(one.times_moved for one in results[0].played) > 0


def test_waiting_is_weighed_by_priority_and_target(results: list[Result]) -> None:
    # A STAT exam one day after its order: 100 for the day, 900 more for 23 of 24 hours too late.
    (stat, *_) = [one for one in results[0].played if one.demand.priority is Priority.STAT]
    before = stat.began
    stat.began = stat.demand.ordered_at + timedelta(days=1)
    assert report.weighted_waiting([stat]) == pytest.approx(100 + 900 * 23 / 24)
    stat.began = before


def test_same_seed_gives_the_same_weeks(results: list[Result]) -> None:
    (again,) = run.play(FILES, ["standard"], start=START, weeks=1, seed=3, parameters=QUIET)
    assert [one.began for one in again.played] == [one.began for one in results[0].played]


def test_table_and_picture_show_every_policy(results: list[Result]) -> None:
    text = report.table(results, 7)
    first, _blank, heading = text.splitlines()[:3]
    assert first.endswith("exams in 7 days")
    assert heading.split() == ["standard", "fixed_room"]
    assert "STAT in target, %" in text
    root = ET.fromstring(report.picture(results, 7))  # noqa: S314 - our own text
    words = [one.text for one in root.iter() if one.text]
    assert {"standard", "fixed_room", "CT01", "Overtime, minutes a day"} <= set(words)


def test_a_bar_of_a_share_is_as_long_as_its_share(results: list[Result]) -> None:
    """A room in use for half of its time has half a bar, whatever the other rooms have."""
    root = ET.fromstring(report.picture(results, 7))  # noqa: S314 - our own text
    shown = [one for one in root.iter() if one.tag.endswith(("rect", "text"))]
    at = next(number for number, one in enumerate(shown) if one.text == "Use of staffed time, %")
    bar, told = shown[at + 2 : at + 4]
    full = 760 - 90 - 80  # the picture's width without labels and figures
    assert told.text is not None
    assert float(bar.attrib["width"]) == pytest.approx(full * float(told.text) / 100, abs=1)


def test_a_wish_that_nobody_has_is_no_bar(results: list[Result]) -> None:
    """The demonstration has one site: nobody prefers another."""
    assert all(report.own_site_share(one) is None for one in results)
    words = [one.text or "" for one in ET.fromstring(report.picture(results, 7)).iter()]  # noqa: S314 - our own
    assert "one visit" in words
    assert "own site" not in words
    assert "at the preferred site, %" in report.table(results, 7)


def test_command_prints_the_table_and_writes_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKLIST_DATA_DIR", str(tmp_path / "var"))
    picture = tmp_path / "weeks.svg"
    arguments = ["simulate", "department", "--weeks", "1", "--orders", "20"]
    arguments += ["--policy", "first_come", "--picture", str(picture)]
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert "waiting days, weighted" in done.output
    assert picture.read_text("utf-8").startswith("<svg")


def test_unknown_policy_is_told_with_those_that_there_are() -> None:
    with pytest.raises(DomainError, match="first_come, fixed_room, replanned, standard"):
        run.policy_path("best")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("patience = 3", "patience"),
        ("[patience]\nSOON = 1", "patience.SOON"),
        ("[kept_free]\nASAP = [{ hours = 1, share = 1.5 }]", "number below 1"),
        ("colour = 1", "colour"),
        ("[patience", "not TOML"),
    ],
)
def test_wrong_policy_file_says_where(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(PolicyError, match=message):
        policy_file.read(path)


def test_policy_file_changes_only_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("[target_hours]\nSTAT = 2\n[kept_free]\nASAP = [{ hours = 24, share = 0.2 }]\n")
    policy = policy_file.policy(policy_file.read(path))
    assert policy.target[Priority.STAT] == timedelta(hours=2)
    assert policy.target[Priority.URGENT] == timedelta(hours=24)
    assert policy.kept_share(Priority.ASAP, timedelta(hours=23)) == 0
    assert policy.kept_share(Priority.ASAP, timedelta(hours=24)) == 0.2
    assert policy.day_part(Priority.STAT, PatientClass.OUTPATIENT) is None
