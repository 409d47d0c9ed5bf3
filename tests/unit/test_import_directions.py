"""The contracts of pyproject.toml hold, and each of them really refuses what it forbids."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [sys.executable, str(program), "--no-cache"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the program's source, to spoil."""
    for package in ("worklist", "workers"):
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_imports_go_one_way(copy: Path) -> None:
    done = _lint(copy)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("worklist/orders/service.py", "import worklist.scheduling.service", "in one direction"),
        ("worklist/performing/service.py", "import worklist.hl7.wire", "in one direction"),
        ("worklist/scheduling/service.py", "import workers.app", "through nudges alone"),
        ("worklist/rules/room.py", "import sqlalchemy", "Rules are pure"),
        ("worklist/reading/service.py", "import flask", "Services know no protocol"),
    ],
)
def test_a_wrong_import_is_refused(copy: Path, module: str, line: str, contract: str) -> None:
    spoilt = copy / module
    spoilt.write_text(f"{line}\n{spoilt.read_text()}")
    done = _lint(copy)
    assert done.returncode == 1
    broken = [text for text in done.stdout.splitlines() if text.endswith("BROKEN")]
    assert any(contract in text for text in broken), done.stdout


def test_a_new_package_has_to_be_given_its_place(copy: Path) -> None:
    (copy / "worklist" / "billing").mkdir()
    (copy / "worklist" / "billing" / "__init__.py").write_text('"""New."""\n')
    assert "worklist.billing" in _lint(copy).stdout
