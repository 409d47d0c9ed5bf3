"""Radiology workflow scheduler and worklist manager."""
