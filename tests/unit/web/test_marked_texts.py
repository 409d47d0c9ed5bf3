"""Whatever a page says is marked for translation: in templates, and in the German catalogue."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
TEXT_ATTRIBUTES = {"title", "aria-label", "placeholder", "alt"}
WORD = re.compile(r"[^\W\d_]{2,}")
ADDRESS = re.compile(r"\S*/\S+")
# Names, units and codes, which are the same in every language.
SAME_EVERYWHERE = {
    "Worklist", "CSV", "API", "ms", "mSv", "kg", "min", "STAT", "Huber", "Maria", "ORM", "fhir",
    "toml", "OpenAPI", "openapi", "json", "nbsp", "viewer", "https", "example", "org", "GB", "MB",
}  # fmt: skip


class _Texts(HTMLParser):
    """Collects what a reader sees or hears: text, and attributes that are text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str]] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"script", "style"}
        for name, value in attrs:
            if name in TEXT_ATTRIBUTES and value:
                self.found.append((self.getpos()[0], value))

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append((self.getpos()[0], data))


def unmarked(source: str) -> Iterator[str]:
    """Yield the texts of a template that stand outside every Jinja expression."""
    parser = _Texts()
    # What Jinja writes is not text of the template; its lines are kept for the message.
    parser.feed(JINJA.sub(lambda one: " " + "\n" * one[0].count("\n"), _without_blocks(source)))
    parser.close()
    for line, text in parser.found:
        if words := set(WORD.findall(ADDRESS.sub("", text))) - SAME_EVERYWHERE:
            yield f"line {line}: {' '.join(text.split())} ({', '.join(sorted(words))})"


def _without_blocks(source: str) -> str:
    """Leave out blocks that hold a class, and macros that write attributes of a tag."""
    return re.sub(
        r"\{% block width %\}\w*\{% endblock %\}|\{% macro marks\(.*?\{% endmacro %\}", "", source
    )


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_says_nothing_that_is_not_marked(path: Path) -> None:
    assert list(unmarked(path.read_text())) == []


def test_unmarked_text_is_found() -> None:
    source = """<p title="Close">{{ _('Marked') }} but this is not</p>"""
    assert [one.partition(": ")[2] for one in unmarked(source)] == [
        "Close (Close)",
        "but this is not (but, is, not, this)",
    ]
    assert list(unmarked("<p>{{ _('Marked') }} 12 min</p>{% set a = 'is not a text' %}")) == []
