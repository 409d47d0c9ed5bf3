"""How much happens in the simulated hospital and how fast: the numbers of the simulation."""

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Numbers that make the pages lively.

    Attributes:
        order_seconds: Between two orders in the busiest hour.
        opening_orders: Exams that should wait at the start; the difference is ordered at once.
        most_waiting: Exams of the next 24 hours beyond which the hospital orders nothing more.
        speed: How many times faster than booked an exam is done.
        poll: How often an idle scanner asks for its worklist.
        early: How long before its time an exam may begin at most.
        no_show: Share of patients who do not come.
        discontinued: Share of exams that are broken off.
        cancelled: Share of orders that the hospital cancels soon after.
        changed: Share of orders whose priority the hospital raises soon after.
        second_thought: Between which times after an order it is changed or cancelled.
    """

    order_seconds: float = 10.0
    opening_orders: int = 40
    most_waiting: int = 90
    speed: float = 10.0
    poll: timedelta = timedelta(seconds=10)
    early: timedelta = timedelta(minutes=20)
    no_show: float = 0.04
    discontinued: float = 0.03
    cancelled: float = 0.04
    changed: float = 0.06
    second_thought: tuple[timedelta, timedelta] = field(
        default=(timedelta(seconds=20), timedelta(seconds=120))
    )
