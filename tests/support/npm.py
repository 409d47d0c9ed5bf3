"""The npm packages that interop tests need: locked, fetched once, never kept in the repository.

``python -m tests.support.npm`` fetches them.
"""

import shutil
import sys
from pathlib import Path

from tests.support import programs
from worklist.assets import AssetsError, fetch

FOLDER = Path(__file__).parent.parent / "interop"


def need() -> str:
    """Return the path of a Node that is new enough; without the packages the test is skipped."""
    node = Path(sys.executable).with_name("node")
    problem = "" if node.exists() else "there is no Node in the virtual environment"
    if not problem and not _is_installed():
        try:
            fetch(FOLDER)
        except AssetsError as error:
            problem = str(error)
    if problem:
        programs.miss("node with the packages of tests/interop", problem)
    return str(node)


def _is_installed() -> bool:
    """Return whether what is locked now is there."""
    installed = FOLDER / "node_modules" / ".package-lock.json"
    locked = FOLDER / "package-lock.json"
    return installed.exists() and installed.stat().st_mtime >= locked.stat().st_mtime


def main() -> int:
    """Fetch the packages; a failure is one warning, for then the tests say so."""
    shutil.rmtree(FOLDER / "node_modules", ignore_errors=True)
    try:
        fetch(FOLDER)
    except AssetsError as error:
        sys.stderr.write(f"Warning: no npm packages for interop tests ({error}).\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
