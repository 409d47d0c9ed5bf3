"""The types of problems that programs are told are those that the document lists."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def told() -> set[str]:
    """Return the name of each problem that the pages' code makes, wherever it is written out."""
    found = {"unauthenticated", "forbidden", "too-many"}  # of a status alone
    for file in (ROOT / "worklist" / "web").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"ApiError", "problem"}
                and isinstance(name := node.args[1], ast.Constant)
                and isinstance(name.value, str)
            ):
                found.add(name.value)
    return found - {""}


def test_every_type_of_problem_is_documented() -> None:
    text = (ROOT / "docs" / "api.md").read_text("utf-8")
    rows = re.findall(r"^\| [\d, ]+ \| ([^|]*) \|", text, re.MULTILINE)
    assert set(re.findall(r"`([a-z-]+)`", " ".join(rows))) == told()
