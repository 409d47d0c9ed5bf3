"""Where the bars of the readers' chart stand."""

from datetime import date, timedelta

from worklist.web.reading.chart import HEIGHT, chart
from worklist.web.reading.figures import Day

MONDAY = date(2026, 11, 23)


def days(*counts: tuple[int, int, int]) -> list[Day]:
    return [Day(MONDAY + timedelta(days=number), *one) for number, one in enumerate(counts)]


def test_the_fullest_bar_is_as_high_as_the_chart() -> None:
    drawn = chart(days((4, 1, 1), (1, 0, 0)))
    assert drawn is not None
    first, second = drawn.columns
    assert (first.ready.y, first.ready.height) == (0, HEIGHT)
    assert (second.ready.y, second.ready.height) == (HEIGHT * 3 / 4, HEIGHT / 4)


def test_late_stands_on_in_time() -> None:
    drawn = chart(days((0, 3, 1)))
    assert drawn is not None
    column = drawn.columns[0]
    assert (column.in_time.y, column.in_time.height) == (HEIGHT / 4, HEIGHT * 3 / 4)
    assert (column.late.y, column.late.height) == (0, HEIGHT / 4)
    assert column.late.x == column.in_time.x > column.ready.x


def test_days_stand_side_by_side() -> None:
    drawn = chart(days((1, 0, 0), (1, 0, 0), (1, 0, 0)))
    assert drawn is not None
    middles = [one.middle for one in drawn.columns]
    assert middles == sorted(middles)
    assert drawn.columns[2].late.x + drawn.columns[2].late.width <= drawn.width


def test_nothing_and_too_much_are_not_drawn() -> None:
    assert chart([]) is None
    assert chart(days((0, 0, 0))) is None
    assert chart(days(*[(1, 0, 0)] * 32)) is None
