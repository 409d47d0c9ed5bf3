"""Parts of an open page: those that differ from what it shows are sent, the others are not.

Each part carries a mark of its content. A page that looks again tells the marks that it shows, and
gets the parts whose content is another one now; where none is, it gets nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from flask import Response, render_template, request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from worklist.web import concerns

HEADER = "X-Parts"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a page as it is now: its element, which has this ``id`` and carries the mark."""

    id: str
    html: Markup
    mark: str


def shown() -> Mapping[str, str]:
    """Return the marks of the parts that the page shows, by their ids, in its order."""
    given = (one.partition("=") for one in request.headers.get(HEADER, "").split(","))
    return {name: mark for name, _, mark in given if name and mark}


def mark(content: str) -> str:
    """Return what is different for every other content."""
    return blake2b(content.encode(), digest_size=6).hexdigest()


def draw(templates: Mapping[str, str], **context: Any) -> list[Part]:  # noqa: ANN401 - as templates
    """Draw the part of each id by its template."""
    token = generate_csrf()  # another one in every second, and as good as the one that is shown
    drawn = {name: render_template(template, **context) for name, template in templates.items()}
    return [part(name, text, mark(text.replace(token, ""))) for name, text in drawn.items()]


def part(name: str, content: str, own_mark: str) -> Part:
    """Return the part of this content, which a template has drawn."""
    element = Markup('<div id="{}" class="part" data-part="{}">{}</div>')
    return Part(name, element.format(name, own_mark, Markup(content)), own_mark)  # noqa: S704


def answer(parts: Iterable[Part]) -> Response | str:
    """Draw the parts that the page does not show as they are now."""
    known = shown()
    changed = [one for one in parts if known.get(one.id) != one.mark]
    return render_template("layout/parts.html", parts=changed) if changed else concerns.unchanged()
