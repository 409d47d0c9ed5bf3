"""A template imports what it uses itself: what an import is for is seen in the same file."""

from pathlib import Path

import pytest
from jinja2 import Environment, nodes

_FOLDER = Path(__file__).parents[3] / "templates"
_TEMPLATES = sorted(path.relative_to(_FOLDER).as_posix() for path in _FOLDER.rglob("*.html"))


@pytest.mark.parametrize("name", _TEMPLATES)
def test_nothing_is_imported_without_need(name: str) -> None:
    text = (_FOLDER / name).read_text("utf-8")
    parsed = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(text)
    imported = {
        one if isinstance(one, str) else one[1]
        for line in parsed.find_all(nodes.FromImport)
        for one in line.names
    }
    used = {one.name for one in parsed.find_all(nodes.Name)}
    assert imported <= used
