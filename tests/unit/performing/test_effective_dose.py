"""Effective dose of a CT: the factors of AAPM Report 96, Table 3."""

from datetime import date

import pytest

from worklist.performing.effective_dose import of_ct

ON = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("body_part", "born", "msv"),
    [
        ("CHEST", date(1981, 1, 1), 5.6),  # 400 * 0.014
        ("CHEST", None, 5.6),
        ("BRAIN", date(1981, 1, 1), 0.84),  # 400 * 0.0021
        ("ABDOMEN", date(2021, 6, 1), 8.0),  # five years: 400 * 0.020
        ("ABDOMEN", date(2026, 9, 1), 19.6),  # a newborn: 400 * 0.049
        ("wholebody", date(2016, 1, 1), 5.6),  # ten years: 400 * 0.014
    ],
)
def test_factor_by_region_and_age(body_part: str, born: date | None, msv: float) -> None:
    assert of_ct(400, body_part, birth_date=born, on=ON) == pytest.approx(msv)


def test_a_part_without_a_factor_has_none() -> None:
    assert of_ct(400, "FOOT", birth_date=None, on=ON) is None
