"""A test whose program is absent says which, is counted, and fails in CI."""

from pathlib import Path

import pytest

from tests.support import npm, programs


@pytest.fixture
def no_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))


def _skipped(reason: str) -> pytest.TestReport:
    return pytest.TestReport(
        nodeid="x",
        location=("x", 0, "x"),
        keywords={},
        outcome="skipped",
        longrepr=("x", 0, f"Skipped: {reason}"),
        when="setup",
    )


@pytest.mark.usefixtures("no_node")
def test_packages_that_are_absent_are_named_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "")
    reasons = []
    for need in (npm.need, lambda: programs.need("no-such-program")):
        with pytest.raises(pytest.skip.Exception) as skipped:
            need()
        reasons.append(str(skipped.value))
    counted = programs.count_skips(_skipped(reason) for reason in [*reasons, *reasons])
    assert counted == {"node with the packages of tests/interop": 2, "no-such-program": 2}


@pytest.mark.usefixtures("no_node")
def test_in_ci_nothing_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    for need in (npm.need, lambda: programs.need("no-such-program")):
        with pytest.raises(pytest.fail.Exception, match="nothing may be skipped in CI"):
            need()
