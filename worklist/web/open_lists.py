"""Lists that stay open: which of its rows a page gets anew when it hears news.

A page tells with its request which rows it shows, in order, and its counts. It gets the rows that
there is news of or that it does not show yet; where rows come, go or change places, all the others
by their number alone. Where nothing differs it gets nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from flask import Response, render_template, request
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from worklist.web import concerns
from worklist.web.paging import Sorting, sorted_page

SHOWN = "X-Shown"
MARK = "X-Mark"

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class OpenList:
    """What a page says of itself: rows by what each list calls them, what has news, its counts."""

    rows: Mapping[str, tuple[int, ...]]
    news: frozenset[int]
    mark: str


@dataclass(frozen=True, slots=True)
class Changes(Generic[Row]):
    """A page of a list: the numbers of its rows, those to draw, and where the next page begins."""

    ids: Sequence[int]
    shown: Sequence[int]
    drawn: Mapping[int, Row]
    after: str | None

    @property
    def is_moved(self) -> bool:
        """Return whether rows have come, gone or changed places."""
        return tuple(self.ids) != tuple(self.shown)

    @property
    def is_nothing(self) -> bool:
        """Return whether the list is still as it is shown."""
        return not self.is_moved and not self.drawn

    @property
    def is_whole(self) -> bool:
        """Return whether more than rows differs: a list that was empty or is now."""
        return bool(self.ids) != bool(self.shown)


def seen() -> OpenList | None:
    """Return what the page says that it shows; None where it asks for everything."""
    news = concerns.news()
    rows: dict[str, tuple[int, ...]] = {}
    for one in request.headers.get(SHOWN, "").split(","):
        name, _, number = one.rpartition("-")
        if not name or not number.isascii() or not number.isdecimal():
            return None
        rows[name] = (*rows.get(name, ()), int(number))
    return OpenList(rows, news, request.headers.get(MARK, "")) if news else None


def mark(*counts: int) -> str:
    """Return counts as a page tells them back."""
    return ".".join(map(str, counts))


def changes(
    session: Session,
    statement: Select[Row],
    sorting: Sorting,
    *,
    after: str,
    shown: Sequence[int],
    news: Collection[int],
    rows: int | None = None,
) -> Changes[Row]:
    """Return what is to be drawn of a page of a list that shows these rows; see `sorted_page`.

    ``news`` are the numbers of the rows that may have changed.

    Raises:
        DomainError: there is no such page.
    """
    key = cast("InstrumentedAttribute[int]", sorting.keys[-1])
    numbers: Select[Any] = statement.with_only_columns(key, maintain_column_froms=True)
    page = sorted_page(session, numbers, sorting, after=after, rows=rows)
    wanted = set(page.rows) - (set(shown) - set(news))
    found = session.scalars(statement.where(key.in_(wanted))).unique().all() if wanted else ()
    return Changes(page.rows, shown, {getattr(one, key.key): one for one in found}, page.after)


def answer(
    template: str,
    lists: Sequence[Changes[Any]],
    *,
    is_recounted: bool,
    **shown: Any,  # noqa: ANN401 - whatever the template draws
) -> Response | str:
    """Draw what has changed of the page's lists and counts; say that nothing has where it is so."""
    if not is_recounted and all(one.is_nothing for one in lists):
        return concerns.unchanged()
    return render_template(template, lists=lists, is_recounted=is_recounted, **shown)
