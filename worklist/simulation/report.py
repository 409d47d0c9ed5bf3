"""Results of several policies side by side: a table for the screen, a picture for the file."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from html import escape
from statistics import mean, quantiles

from worklist.simulation.play import Result
from worklist.simulation.played import Played
from worklist.vocabulary import Priority

# What a day of waiting costs, and how many times more beyond the class's target.
DAY_WEIGHTS = {Priority.STAT: 100, Priority.URGENT: 30, Priority.ASAP: 5, Priority.ROUTINE: 1}
OVERDUE_FACTOR = 10
_COLOURS = ("#1f5fa8", "#c8641b", "#4f7a28", "#7a4f9c")
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


def weighted_waiting(played: Iterable[Played]) -> float:
    """Return the sum of every exam's waiting days, weighted by priority and target."""
    return sum(_cost(one) for one in played)


def _cost(one: Played) -> float:
    if one.waited is None:
        return 0.0
    overdue = max(timedelta(0), one.waited - (one.due - one.demand.ordered_at))
    return DAY_WEIGHTS[one.demand.priority] * (one.waited + (OVERDUE_FACTOR - 1) * overdue) / _DAY


def waits(result: Result, priority: Priority) -> list[float]:
    """Return the waiting hours of the exams of a priority."""
    return [
        one.waited / _HOUR
        for one in result.played
        if one.waited is not None and one.demand.priority is priority
    ]


def met_share(result: Result, priority: Priority) -> float:
    """Return which share of a priority's exams began within its target."""
    done = [
        one for one in result.played if one.began is not None and one.demand.priority is priority
    ]
    return mean(one.began <= one.due for one in done if one.began) if done else 1.0


def utilisation(result: Result, room: str) -> float:
    """Return used over staffed time of a room."""
    staffed = result.staffed.get(room, 0.0)
    return result.used.get(room, 0.0) / staffed if staffed else 0.0


def overtime(result: Result, room: str, days: int) -> float:
    """Return a room's minutes of overtime a day."""
    return result.overtime.get(room, 0.0) / days


def one_visit_share(result: Result) -> float | None:
    """Return which share of the patients with several exams has all of them on one day.

    None where there is no such patient.
    """
    days: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for one in result.played:
        if one.began is not None and one.slot is not None:
            day = one.slot.starts_at.astimezone(one.slot.zone).date()
            days[one.demand.patient_number].append((day, one.slot.site_id))
    several = [len(set(found)) == 1 for found in days.values() if len(found) > 1]
    return mean(several) if several else None


def own_site_share(result: Result) -> float | None:
    """Return which share of those who prefer a site was examined there; None where nobody does."""
    found = [
        one.slot.site_id == result.sites[one.demand.site]
        for one in result.played
        if one.began is not None and one.slot is not None and one.demand.site is not None
    ]
    return mean(found) if found else None


def table(results: Sequence[Result], days: int) -> str:
    """Return waiting, targets, rooms and totals as lines of text, one column a policy."""
    exams = max(len(one.played) for one in results)
    lines = [f"{exams} exams in {days} days", "", _line("", [one.name for one in results])]
    for priority in Priority:
        lines.append(_line(f"{priority} waits, mean h", _each(results, _mean_wait(priority))))
        lines.append(_line(f"{priority} waits, 90 % h", _each(results, _ninth_decile(priority))))
        lines.append(_line(f"{priority} in target, %", _each(results, _met(priority))))
    for room in sorted(results[0].staffed):
        lines.append(
            _line(f"{room} used, %", [f"{100 * utilisation(one, room):.0f}" for one in results])
        )
        lines.append(
            _line(
                f"{room} overtime, min/day", [f"{overtime(one, room, days):.0f}" for one in results]
            )
        )
    for words, share in _WISHES.items():
        shares = [share(one) for one in results]
        told = ["-" if one is None else f"{100 * one:.1f}" for one in shares]
        lines.append(_line(f"{words}, %", told))
    for words, number in _COUNTED.items():
        lines.append(_line(words, [str(sum(map(number, one.played))) for one in results]))
    lines.append(_line("orders without a place", [str(one.unplaced) for one in results]))
    weighted = [f"{weighted_waiting(one.played):.0f}" for one in results]
    lines.append(_line("waiting days, weighted", weighted))
    return "\n".join([*lines, "", *_KEY])


_KEY = (
    "waits: from the order to the exam; nine of ten exams (90 %) wait no longer than the second.",
    "used: time with patients of the time that the room is open.",
    "waiting days, weighted: a STAT day counts 100, URGENT 30, ASAP 5, ROUTINE 1, ten times beyond",
    "the target. Less is better: compare policies by it.",
)
_WISHES: dict[str, Callable[[Result], float | None]] = {
    "several exams in one visit": one_visit_share,
    "at the preferred site": own_site_share,
}
_COUNTED: dict[str, Callable[[Played], int]] = {
    "moved by breakdowns": lambda one: one.times_moved,
    "moved for STAT exams": lambda one: one.times_displaced,
    "sooner from the waiting list": lambda one: one.times_sooner,
    "moved by nightly plans": lambda one: one.times_replanned,
}


def _line(name: str, values: Iterable[str]) -> str:
    return f"{name:30}" + "".join(f"{value:>16}" for value in values)


def _each(results: Sequence[Result], value: Callable[[Result], float]) -> list[str]:
    return [f"{value(one):.1f}" for one in results]


def _mean_wait(priority: Priority) -> Callable[[Result], float]:
    def value(result: Result) -> float:
        found = waits(result, priority)
        return mean(found) if found else 0.0

    return value


def _ninth_decile(priority: Priority) -> Callable[[Result], float]:
    def value(result: Result) -> float:
        found = waits(result, priority)
        return quantiles(found, n=10)[-1] if len(found) > 1 else sum(found)

    return value


def _met(priority: Priority) -> Callable[[Result], float]:
    return lambda result: 100 * met_share(result, priority)


def picture(results: Sequence[Result], days: int) -> str:
    """Return an SVG with groups of bars: waiting, targets, rooms, patients' wishes, who moved."""
    rooms = sorted(results[0].staffed)
    priorities = [str(one) for one in Priority]
    wishes = {
        words: share
        for words, share in (("one visit", one_visit_share), ("own site", own_site_share))
        if any(share(one) is not None for one in results)
    }
    panels = [
        ("Mean waiting, hours", priorities, [_mean_wait(one) for one in Priority]),
        ("Within the target, %", priorities, [_met(one) for one in Priority]),
        ("Use of staffed time, %", rooms, [_use(room) for room in rooms]),
        ("Overtime, minutes a day", rooms, [_over(room, days) for room in rooms]),
        ("Patients' wishes met, %", list(wishes), [*map(_wish, wishes.values())]),
        (
            "Moved, of a hundred exams",
            ["breakdowns", "STAT", "sooner", "night plan"],
            [*map(_of_hundred, _COUNTED.values())],
        ),
    ]
    panels = [one for one in panels if one[1]]
    parts = [_legend(results)]
    top = 40
    for title, labels, values in panels:
        rows = [[value(one) for one in results] for value in values]
        panel, height = _panel(title, labels, rows, top)
        parts.append(panel)
        top += height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{top}"'
        f' viewBox="0 0 {_WIDTH} {top}" font-family="sans-serif" font-size="12">'
        f'<rect width="{_WIDTH}" height="{top}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


_WIDTH, _LEFT, _BAR = 760, 90, 9


def _use(room: str) -> Callable[[Result], float]:
    return lambda result: 100 * utilisation(result, room)


def _over(room: str, days: int) -> Callable[[Result], float]:
    return lambda result: overtime(result, room, days)


def _wish(share: Callable[[Result], float | None]) -> Callable[[Result], float]:
    return lambda result: 100 * (share(result) or 0.0)


def _of_hundred(number: Callable[[Played], int]) -> Callable[[Result], float]:
    return lambda result: 100 * sum(map(number, result.played)) / max(1, len(result.played))


def _legend(results: Sequence[Result]) -> str:
    parts = []
    for number, result in enumerate(results):
        left = _LEFT + 160 * number
        colour = _COLOURS[number % len(_COLOURS)]
        parts.append(f'<rect x="{left}" y="14" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{left + 18}" y="24">{escape(result.name)}</text>')
    return "".join(parts)


def _panel(
    title: str, labels: Sequence[str], rows: Sequence[Sequence[float]], top: int
) -> tuple[str, int]:
    """Return one group of horizontal bars, and its height."""
    least = 100.0 if title.endswith("%") else 1e-9
    most = max([value for row in rows for value in row] + [least])
    scale = (_WIDTH - _LEFT - 80) / most
    parts = [f'<text x="10" y="{top + 16}" font-weight="bold">{escape(title)}</text>']
    at = top + 26
    for label, row in zip(labels, rows, strict=True):
        middle = at + _BAR * len(row) / 2 + 4
        parts.append(
            f'<text x="{_LEFT - 8}" y="{middle:.0f}" text-anchor="end">{escape(label)}</text>'
        )
        for number, value in enumerate(row):
            width = max(1.0, value * scale)
            colour = _COLOURS[number % len(_COLOURS)]
            parts.append(
                f'<rect x="{_LEFT}" y="{at}" width="{width:.1f}" height="{_BAR - 1}"'
                f' fill="{colour}"/>'
                f'<text x="{_LEFT + width + 4:.1f}" y="{at + _BAR - 1}"'
                f' font-size="9">{value:.1f}</text>'
            )
            at += _BAR
        at += 6
    return "".join(parts), at - top + 14
