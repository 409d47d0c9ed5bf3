"""How well exams are placed: beside a desk's way, a fixed room's way, and a lower bound.

The department is the demonstration's, played for four weeks; the bound is that of `_three_rooms`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import worklist.tables  # noqa: F401 - procedures refer to every table
from bench import _three_rooms as three_rooms
from bench.measure import Table
from worklist.demonstration.load import FILES
from worklist.scheduling.policy import Policy
from worklist.scheduling.policy_file import SHIPPED, policy, read
from worklist.simulation import report
from worklist.simulation import run as simulation
from worklist.simulation.demand import Parameters
from worklist.simulation.play import Result
from worklist.simulation.played import Played
from worklist.vocabulary import Priority

TITLE = "Quality of placement"

_WEEKS = 4
_POLICIES = ("standard", "first_come", "fixed_room")
# Only what studies report: nobody with several exams or a favourite site.
_STUDIED = Parameters(several_exams=0, prefers_site=0)
_START = datetime(2026, 1, 5, tzinfo=UTC)


def run() -> Iterator[Table]:
    """Play the policies, then compare on the small instance."""
    results = _played()
    yield _department(results)
    yield _urgent(results)
    yield _against_bound()


def _played() -> dict[str, Result]:
    """Play each policy, and the standard one where nobody is moved for a STAT exam."""
    unmoved = read(SHIPPED / "standard.toml").model_copy(update={"moves_for_stat": False})
    names = [*_POLICIES, simulation.IN_USE]
    played = simulation.play(
        FILES, names, start=_START, weeks=_WEEKS, seed=1, own=unmoved, parameters=_STUDIED
    )
    return dict(zip([*_POLICIES, "standard, nobody moved"], played, strict=True))


def _department(results: dict[str, Result]) -> Table:
    costs = {name: report.weighted_waiting(one.played) for name, one in results.items()}
    rows = [
        (
            name,
            f"{costs[name]:.0f}",
            f"{100 * (1 - costs['standard'] / costs[name]):.0f} %" if name != "standard" else "",
            *(f"{100 * report.met_share(one, priority):.0f} %" for priority in Priority),
            one.unplaced,
        )
        for name, one in results.items()
    ]
    return Table(
        (
            "policy",
            "weighted waiting",
            "standard is better by",
            *(f"{priority} met" for priority in Priority),
            "without a place",
        ),
        rows,
        f"{_WEEKS} weeks, 250 orders a day; targets: 20 % better than first come, 40 % than a"
        " fixed room.",
    )


def _urgent(results: dict[str, Result]) -> Table:
    rows = []
    for name, one in results.items():
        urgent = [
            played
            for played in one.played
            if played.began is not None and played.demand.priority is Priority.STAT
        ]
        late = [played for played in urgent if played.began and played.began > played.due]
        booked_late = sum(_is_booked_late(played) for played in late)
        rows.append((name, len(urgent), len(late), booked_late, len(late) - booked_late))
    return Table(
        (
            "policy",
            "STAT exams",
            "began late",
            "booked later than the target",
            "booked in time, the room ran over",
        ),
        rows,
        "What keeps STAT exams from their hour: no place in time, or the exam before.",
    )


def _is_booked_late(played: Played) -> bool:
    return played.slot is None or played.slot.starts_at > played.due


def _against_bound() -> Table:
    exams = three_rooms.jobs(seed=1)
    bound = three_rooms.bound(exams)
    kept = policy(read(SHIPPED / "standard.toml"))
    moving = three_rooms.Booking(exams, kept, moves_for_stat=True)
    plans = {
        "all orders known, re-planned": three_rooms.replanned(exams),
        "nobody has a time, the most urgent goes next": three_rooms.without_appointments(exams),
        f"online, {moving.moved} moved for STAT": moving.starts,
        "online, nobody moved": three_rooms.Booking(exams, kept, moves_for_stat=False).starts,
        "first come, first free room": three_rooms.Booking(
            exams, Policy(), moves_for_stat=False
        ).starts,
    }
    rows = [("lower bound (linear relaxation)", f"{bound:.0f}", "")]
    for name, starts in plans.items():
        cost = three_rooms.total(exams, starts)
        rows.append((name, f"{cost:.0f}", f"{100 * (cost / bound - 1):.1f} %"))
    return Table(
        ("plan", "weighted waiting", "above the bound"),
        rows,
        f"{len(exams)} exams, three CT rooms, one week, in quarters of an hour; targets: online"
        " within 15 %, re-planned within 5 %. The bound and the first plan know every order from"
        " the start. What lies between them and the second is the price of not knowing; between"
        " the second and the online plans, that of a time that the patient gets and keeps.",
    )
