"""Play one department under several policies, each from the same orders."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from worklist.errors import DomainError
from worklist.rules.parameters import shipped
from worklist.rules.thresholds import Thresholds
from worklist.scheduling import policy_file
from worklist.scheduling.intervals import Interval
from worklist.scheduling.policy_file import PolicyFile
from worklist.simulation.demand import Parameters, orders
from worklist.simulation.department import Department
from worklist.simulation.play import Play, Result, Ways

_TAIL = timedelta(days=21)
IN_USE = "in-use"


def policy_path(name: str) -> Path:
    """Return the file of a shipped policy's name, or the path itself.

    Raises:
        DomainError: it is neither.
    """
    shipped = policy_file.SHIPPED / f"{name}.toml"
    if shipped.exists():
        return shipped
    if Path(name).exists():
        return Path(name)
    known = ", ".join(sorted(path.stem for path in policy_file.SHIPPED.glob("*.toml")))
    raise DomainError(
        f"There is no policy {name!r}: give a TOML file, {IN_USE} where there is a department's"
        f" database, or one of {known}."
    )


def play(
    catalogue: Sequence[Path],
    policies: Iterable[str],
    *,
    start: datetime,
    weeks: int,
    seed: int,
    parameters: Parameters | None = None,
    thresholds: Thresholds | None = None,
    own: PolicyFile | None = None,
) -> list[Result]:
    """Return what happens under each policy, with the same orders, in weeks of virtual time.

    Args:
        catalogue: The department's catalogue files.
        policies: Names of shipped policies, files, or ``in-use`` for ``own``.
        start: Where virtual time begins.
        weeks: For how long orders come; what is booked then is played to its end.
        seed: The same seed gives the same result.
        parameters: Of demand and chance.
        thresholds: Of the rules; None takes those that are shipped.
        own: The department's policy in use.

    Raises:
        DomainError: a policy is none of these, or its file is wrong.
    """
    used = parameters or Parameters()
    window = Interval(start, start + timedelta(weeks=weeks) + _TAIL)
    results = []
    for name in policies:
        read = own if own is not None and name == IN_USE else policy_file.read(policy_path(name))
        department = Department(catalogue)
        demand = orders(
            list(department.procedures.values()),
            used,
            start=start,
            days=7 * weeks,
            zone=department.zone,
            seed=seed,
            sites=list(department.sites),
        )
        run = Play(
            department,
            policy_file.policy(read),
            used,
            ways=_ways(read),
            thresholds=thresholds or shipped(),
            seed=seed,
            name=Path(name).stem,
        )
        results.append(run.run(list(demand), window, staffed=timedelta(weeks=weeks)))
    return results


def _ways(policy: PolicyFile) -> Ways:
    """Return what a policy's file says beside the numbers of placement."""
    return Ways(
        fixed_rooms=policy.fixed_rooms,
        waiting_list=policy.waiting_list,
        moves_for_stat=policy.moves_for_stat,
        nightly_replan=policy.nightly_replan,
    )
