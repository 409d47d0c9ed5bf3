"""``worklist demo``: one order through a running department, every step checked."""

from worklist.tour.run import run

__all__ = ["run"]
