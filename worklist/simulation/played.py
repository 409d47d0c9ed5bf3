"""What became of one order of a simulation."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from worklist.scheduling.intervals import Interval
from worklist.scheduling.slots import Slot
from worklist.simulation.demand import Demand


@dataclass(slots=True)
class Played:
    """What became of one order."""

    demand: Demand
    due: datetime
    slot: Slot | None = None
    intervals: list[Interval] = field(default_factory=list)
    waits_since: datetime | None = None
    asked: set[tuple[int, datetime]] = field(default_factory=set)
    began: datetime | None = None
    ended: datetime | None = None
    missed: bool = False
    cancelled: bool = False
    times_moved: int = 0
    times_displaced: int = 0
    times_sooner: int = 0
    times_replanned: int = 0

    @property
    def waited(self) -> timedelta | None:
        """From the order to the beginning, where the exam was done."""
        return self.began - self.demand.ordered_at if self.began else None

    @property
    def starts_at(self) -> datetime | None:
        """When it is booked for."""
        return self.slot.starts_at if self.slot is not None else None

    @property
    def is_to_come(self) -> bool:
        """Whether it is booked and has not begun."""
        return self.slot is not None and self.began is None and not self.missed
