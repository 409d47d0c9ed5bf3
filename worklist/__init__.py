"""Radiology workflow scheduler and worklist manager; `docs/code.md` is the map of its packages."""
