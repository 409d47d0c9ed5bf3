"""The frame of the benchmarks: what it finds, and how it writes and measures."""

from bench.__main__ import benchmarks
from bench.measure import Table, milliseconds, percentile, text


def test_every_benchmark_has_a_title_and_runs() -> None:
    found = benchmarks()
    assert "order_to_worklist" in found
    assert "measure" not in found
    for module in found.values():
        assert module.TITLE
        assert callable(module.run)


def test_percentiles() -> None:
    values = [float(value) for value in range(1, 101)]
    assert percentile(values, 0.5) == 51
    assert percentile(values, 0.95) == 96
    assert percentile([7.0], 0.95) == 7


def test_milliseconds() -> None:
    assert milliseconds(0.00421) == "4.21 ms"
    assert milliseconds(1.2) == "1200 ms"


def test_a_table_is_written_in_line() -> None:
    table = Table(("rate", "p50"), [(5, "12 ms"), (20, "9 ms")], "Target: 10 ms.")
    assert text(table).split("\n") == [
        "| rate | p50   |",
        "| ---- | ----- |",
        "| 5    | 12 ms |",
        "| 20   | 9 ms  |",
        "",
        "Target: 10 ms.",
    ]
