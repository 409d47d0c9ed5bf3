"""Programs, and what else some tests need and a machine may lack."""

import os
import shutil
from collections import Counter
from collections.abc import Iterable
from typing import NoReturn

import pytest

_REASON = "the machine lacks "
# Debian, Fedora and Alpine name the same browser differently.
_NAMES = {"chromium": ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")}


def find(name: str) -> str | None:
    """Return the path of a program, None where the machine has none."""
    found = (shutil.which(candidate) for candidate in _NAMES.get(name, (name,)))
    return next(filter(None, found), None)


def need(name: str) -> str:
    """Return the path of a program; without it the test is skipped, in CI it fails."""
    path = find(name)
    if path is None:
        miss(name)
    return path


def miss(name: str, problem: str = "") -> NoReturn:
    """Skip the test for want of what is named, in CI fail it; ``problem`` says more than that."""
    reason = f"{_REASON}{name}{problem and ': '}{problem}"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; nothing may be skipped in CI")
    pytest.skip(reason)


def count_skips(reports: Iterable[pytest.TestReport]) -> Counter[str]:
    """Count skipped tests by what was missing."""
    counts: Counter[str] = Counter()
    for report in reports:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        if _REASON in reason:
            counts[reason.partition(_REASON)[2].partition(":")[0]] += 1
    return counts
