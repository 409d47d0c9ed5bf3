"""The one place that asks the system for the time."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the present time as an aware datetime in UTC."""
    return datetime.now(UTC)
