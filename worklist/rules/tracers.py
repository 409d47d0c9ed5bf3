"""Nuclides as people spell them: ``F-18 FDG``, ``18F-FDG``, ``99mTc sestamibi``."""

from collections.abc import Iterable
from itertools import pairwise


def nuclide_of(tracer: str, known: Iterable[str]) -> str | None:
    """Return which of the known nuclides (``Tc-99m``) a tracer's name holds, in any spelling."""
    words = "".join(sign if sign.isalnum() else " " for sign in tracer.casefold()).split()
    pairs = set(pairwise(words))
    for nuclide in known:
        symbol, _, mass = nuclide.casefold().partition("-")
        spelt = {(mass, symbol), (symbol, mass)}
        if spelt & pairs or {mass + symbol, symbol + mass} & set(words):
            return nuclide
    return None
