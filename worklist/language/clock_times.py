"""Times of day, with their zone where clocks show them twice."""

from datetime import datetime


def is_repeated(local: datetime) -> bool:
    """Tell whether clocks of its zone show this time twice, as when they go back in autumn.

    The two are told apart by ``fold`` (PEP 495); a time that is left out in spring is none.
    """
    first, second = (local.replace(fold=fold).utcoffset() for fold in (0, 1))
    return first is not None and second is not None and first > second


def written(local: datetime) -> str:
    """Return the time of day: ``10:20``, ``02:30 CEST`` where clocks show it twice."""
    return f"{local:%H:%M %Z}" if is_repeated(local) else f"{local:%H:%M}"
