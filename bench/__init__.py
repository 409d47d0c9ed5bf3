"""Benchmarks that `make bench` runs; a benchmark is a module with ``TITLE`` and ``run``."""
