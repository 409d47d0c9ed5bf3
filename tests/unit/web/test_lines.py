"""Where the lines of a chart stand, by hand."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest

from worklist.web.statistics.lines import draw, label
from worklist.web.statistics.trends import Point, Trend, Unit

FIRST = date(2026, 11, 1)
HOUR, DAY = 3600.0, 86400.0
# 52 for the axis, 22 at the right, 8 above and 20 below: 100 by 100 for the line.
SIZE = {"width": 174.0, "height": 128.0}


def trend(*values: float | None, unit: Unit = Unit.SHARE, target: float | None = None) -> Trend:
    points = (
        Point(FIRST + timedelta(days=number), value, 1) for number, value in enumerate(values)
    )
    return Trend("", unit, tuple(points), target)


def test_a_line_is_interrupted_where_nothing_was_counted() -> None:
    chart = draw(trend(0.0, 1.0, None, 0.5, None), **SIZE)
    assert chart is not None
    assert [one.label for one in chart.values] == ["0 %", "25 %", "50 %", "75 %", "100 %"]
    assert [one.at for one in chart.values] == [108, 83, 58, 33, 8]
    assert chart.lines == ("52.0,108.0 77.0,8.0",)
    assert [(one.x, one.y) for one in chart.dots] == [(52, 108), (77, 8), (127, 58)]


def test_a_target_within_reach_is_drawn_and_one_far_above_is_not() -> None:
    near = draw(trend(HOUR, unit=Unit.TIME, target=2 * HOUR), **SIZE)
    assert near is not None
    assert [one.label for one in near.values] == ["0 min", "30 min", "1 h", "1.5 h", "2 h"]
    assert near.target == 8
    far = draw(trend(HOUR, unit=Unit.TIME, target=28 * DAY), **SIZE)
    assert far is not None
    assert (far.target, far.values[-1].label) == (None, "1 h")


def test_the_axis_names_days_that_have_room_and_the_last() -> None:
    chart = draw(trend(*[0.1] * 365), width=640.0, height=190.0)
    assert chart is not None
    places = [x for x, _day in chart.days]
    assert min(later - one for one, later in pairwise(places)) >= 52
    assert chart.days[-1] == (618.0, FIRST + timedelta(days=364))
    assert chart.dots == ()


def test_days_without_a_value_make_no_chart_and_zeros_do() -> None:
    assert draw(trend(None, None), **SIZE) is None
    assert draw(trend(0.0, 0.0), **SIZE) is not None


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (0.025, Unit.SHARE, "2.5 %"),
        (1800, Unit.TIME, "30 min"),
        (6 * HOUR, Unit.TIME, "6 h"),
        (7 * DAY, Unit.TIME, "7 d"),
    ],
)
def test_values_have_their_unit(value: float, unit: Unit, told: str) -> None:
    assert label(value, unit) == told


def test_a_value_misses_a_target_from_the_side_that_it_should_not_be_on() -> None:
    below = trend(0.5, target=0.5)
    assert [below.misses(one) for one in (0.4, 0.5, 0.6)] == [False, False, True]
    at_least = replace(below, at_least=True)
    assert [at_least.misses(one) for one in (0.4, 0.5, 0.6)] == [True, False, False]
    assert not trend(0.5).misses(0.5)
