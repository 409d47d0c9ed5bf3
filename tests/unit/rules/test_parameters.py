"""Thresholds as data: shipped values, a department's values, and what is refused."""

import re
from dataclasses import fields
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from worklist.rules import sources
from worklist.rules.evaluate import EXAM_RULES, ROOM_RULES
from worklist.rules.parameters import (
    ThresholdError,
    as_json,
    parameters,
    shipped,
    with_changes,
)
from worklist.rules.thresholds import Thresholds

SOURCE = Path(__file__).parents[3] / "worklist" / "rules"


def test_every_threshold_is_shipped_once_with_unit_meaning_and_source() -> None:
    assert list(parameters()) == [field.name for field in fields(Thresholds)]
    for one in parameters().values():
        assert one.unit
        assert one.text.endswith(".")
        assert one.source
        assert (one.least is None) == (one.most is None)


def test_every_threshold_names_rules_of_the_catalogue() -> None:
    known = {rule.id for rule in (*EXAM_RULES, *ROOM_RULES)}
    for one in parameters().values():
        assert set(one.rules) <= known
        assert one.rules or one.name == "never_overridden"


def test_no_rule_has_its_number_in_the_code_alone() -> None:
    code = "".join(path.read_text("utf-8") for path in SOURCE.glob("*.py"))
    unread = [name for name in parameters() if f"thresholds.{name}" not in code]
    assert unread == ["never_overridden"]


def test_shipped_values_are_within_their_own_bounds() -> None:
    values = {name: one.value for name, one in parameters().items()}
    assert with_changes(values) == shipped()


def test_a_departments_value_takes_the_place_of_the_shipped_one() -> None:
    changed = with_changes({"egfr_low": 35, "repeat_days": {"CT": 14}, "ultrasound_until": "11:30"})
    assert changed.egfr_low == 35
    assert changed.repeat_days == {"CT": 14}
    assert changed.ultrasound_until == time(11, 30)
    assert changed.egfr_moderate == shipped().egfr_moderate


def test_values_survive_json() -> None:
    content = as_json(shipped())
    assert with_changes(content) == shipped()
    assert content["ultrasound_until"] == "12:00:00"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"egfr_lowest": 30}, "no threshold egfr_lowest"),
        ({"egfr_low": "30"}, "egfr_low.*write a number"),
        ({"egfr_low": 9.9}, "egfr_low: 9.9 .* out of bounds; allowed are 10 to 60"),
        ({"egfr_low": 60.1}, "out of bounds"),
        ({"egfr_low": float("nan")}, "out of bounds"),
        ({"help_age": 7.5}, "help_age.*write a whole number"),
        ({"mr_form_before_booking": 1}, "mr_form_before_booking.*boolean"),
        ({"ultrasound_until": "25:00"}, "ultrasound_until"),
        ({"repeat_days": {"CT": -1}}, "repeat_days: -1 days is out of bounds"),
        ({"bone_scan_wait_hours": [2]}, "bone_scan_wait_hours"),
        ({"tracer_deliveries": {"F-18 FDG": [{"at": "07:30"}]}}, "activity_mbq"),
    ],
)
def test_what_is_wrong_is_refused_with_name_and_reason(
    change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ThresholdError, match=message):
        with_changes(change)


def test_every_source_names_its_year_or_says_that_it_is_a_convention() -> None:
    named = {one for one in vars(sources).values() if isinstance(one, str)}
    for one in parameters().values():
        if one.source.startswith("No guideline"):
            assert one.source in named, f"{one.name}: its source has no translation"
        else:
            assert re.search(r"\((19|20)\d\d|supplier", one.source), one.name
    for rule in (*EXAM_RULES, *ROOM_RULES):
        for source in rule.sources:
            assert re.search(r"\((19|20)\d\d| since 20\d\d|maker", source), rule.id
