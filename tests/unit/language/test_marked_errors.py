"""What a page tells of an error is marked for translation where it is raised."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from worklist.errors import DomainError

ROOT = Path(__file__).parents[3]
# What only programs, commands and the far end of a wire read is English.
_FOR_PROGRAMS = {
    "app.py", "cli.py", "commands", "simulator", "simulation", "stack", "demonstration",
    "tour", "tour.py", "dimse.py", "upper_layer.py", "client.py",
}  # fmt: skip
MODULES = sorted(
    path
    for path in (ROOT / "worklist").rglob("*.py")
    if not _FOR_PROGRAMS & set(path.relative_to(ROOT / "worklist").parts)
    and not path.name.endswith("api.py")
)


def _names(kind: type) -> Iterator[str]:
    yield kind.__name__
    below: list[type] = kind.__subclasses__()
    for one in below:
        yield from _names(one)


TOLD = {*_names(DomainError), "MessageError"} - {
    "CatalogueError",  # of a file that a command loads
}


def unmarked(source: str) -> Iterator[str]:
    """Yield the errors of a module whose text is a plain string, also one that a class makes."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name in TOLD:
            yield from _made(node)
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
            continue
        text = node.args[1 if node.func.id == "FieldError" else 0]
        if node.func.id in TOLD and _is_plain(text):
            yield f"line {node.lineno}: {ast.unparse(node)[:100]}"


def _made(kind: ast.ClassDef) -> Iterator[str]:
    for node in ast.walk(kind):
        is_init = isinstance(node, ast.Call) and ast.unparse(node.func) == "super().__init__"
        if isinstance(node, ast.Call) and is_init and node.args and _is_plain(node.args[0]):
            yield f"line {node.lineno}: {ast.unparse(node)[:100]}"


def _is_plain(text: ast.expr) -> bool:
    return isinstance(text, ast.JoinedStr) or (
        isinstance(text, ast.Constant) and isinstance(text.value, str)
    )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_an_error_that_a_page_tells_is_marked(path: Path) -> None:
    assert list(unmarked(path.read_text("utf-8"))) == []


def test_an_unmarked_error_is_found() -> None:
    assert list(unmarked('raise DomainError(f"No {code}.")'))
    assert list(unmarked('raise MessageError("No code.", code=1)'))
    made = "class NotFoundError(DomainError):\n def __init__(self): super().__init__('No code.')"
    assert list(unmarked(made))
    assert not list(unmarked('raise DomainError(_("No %(code)s.", code=code))'))
