"""Thresholds as people type them."""

import pytest

from worklist.errors import DomainError
from worklist.rules.parameters import as_json, parameters, shipped, with_changes
from worklist.web.rules.values import read, written


@pytest.mark.parametrize("name", list(parameters()))
def test_every_threshold_is_read_as_it_is_written(name: str) -> None:
    value = as_json(shipped())[name]
    changed = with_changes({name: read(parameters()[name], written(value))})
    assert as_json(changed)[name] == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (30.0, "30"),
        (7, "7"),
        (True, "yes"),
        ("12:00:00", "12:00"),
        ([2, 4], "[2, 4]"),
        ({"CT": 7, "F-18 FDG": 0.5}, '{ "CT" = 7, "F-18 FDG" = 0.5 }'),
        ({"F-18 FDG": [{"at": "07:30:00"}]}, '{ "F-18 FDG" = [{ "at" = "07:30:00" }] }'),
        ({}, "{}"),
    ],
)
def test_values_are_written_shortly(value: object, text: str) -> None:
    assert written(value) == text


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("egfr_low", "low", "write it as 30"),
        ("mr_form_before_booking", "perhaps", "write yes or no"),
        ("repeat_days", "CT: 7", "write it as"),
    ],
)
def test_what_cannot_be_read_is_told_with_an_example(name: str, text: str, message: str) -> None:
    with pytest.raises(DomainError, match=message):
        read(parameters()[name], text)
