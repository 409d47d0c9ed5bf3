"""A simulated hospital and simulated scanners that speak to a running department over its ports."""

from worklist.simulator.run import run

__all__ = ["run"]
