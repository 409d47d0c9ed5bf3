"""What templates may use: times in the page's zone, words for codes, addresses of files."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask, request
from markupsafe import Markup

from worklist.auth.roles import Permission
from worklist.language import formats, tags
from worklist.language.text import _
from worklist.patients import names
from worklist.scheduling.intervals import Interval
from worklist.web import body_parts, context, words
from worklist.web.addresses import url_for
from worklist.web.administration.value_words import value_words
from worklist.web.language import locale, tell
from worklist.web.navigation import BAR_LENGTH, NARROW_BAR_LENGTH, SLIM_BAR_LENGTH, places
from worklist.web.permissions import may

_STATIC = Path(__file__).parents[2] / "static"
# Run before the page is read, htmx looks at it only once it is, with all other scripts there. Run
# afterwards it would look at once, and never find what an extension that comes late is for.
_AT_ONCE = {"htmx.min.js"}


def install(app: Flask) -> None:
    """Add filters and globals; undefined names are errors."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        clock=clock,
        stretch=stretch,
        isoday=isoday,
        day=day,
        moment=moment,
        since=since,
        duration=duration,
        age=age,
        born=born,
        day_of_year=day_of_year,
        day_of_month=day_of_month,
        day_and_month=lambda value: formats.day_and_month(value, locale()),
        decimal=decimal,
        figure=figure,
        told=tell,
        sentence=sentence,
        status_word=words.status,
        class_word=words.patient_class,
        transport_word=words.transport,
        message_state=words.message_state,
        mail_state=words.mail_state,
        language_name=lambda code: tags.language_name(code, locale()),
        report_word=words.report_kind,
        plan_word=words.proposal_status,
        effect_word=words.effect,
        person=names.display,
        word=words.word,
        body_part=body_parts.body_part,
        purpose=words.purpose,
        value_of=value_words,
        iso_date=iso_date,
        transposed=transposed,
        days_before=lambda value, number: value - timedelta(days=number),
    )
    app.jinja_env.globals.update(
        asset=asset,
        vendor=vendor,
        may=may,
        Permission=Permission,
        places=places,
        BAR_LENGTH=BAR_LENGTH,
        NARROW_BAR_LENGTH=NARROW_BAR_LENGTH,
        SLIM_BAR_LENGTH=SLIM_BAR_LENGTH,
        now=context.now,
        same_page=same_page,
        url_for=url_for,
        languages=lambda: tags.languages(locale()),
        idle_seconds=lambda: context.current().settings.idle_minutes * 60,
        provider_name=context.provider_name,
    )


def clock(value: datetime) -> str:
    """Return the time of day: ``10:20``; with its zone where clocks show it twice."""
    return formats.clock(value, context.zone(), locale())


def stretch(during: Interval) -> str:
    """Return a stretch by its times of day; one from midnight to midnight is the whole day."""
    start, end = (one.astimezone(context.zone()) for one in (during.start, during.end))
    if start.time() == end.time() == time():
        return tell(_("whole day"))
    return f"{clock(start)}\N{EN DASH}{clock(end) if end.time() != time() else '24:00'}"


def day(value: datetime | date) -> str:
    """Return the day: ``Tue 24 Nov 2026``."""
    return formats.day(_local(value), locale())


def day_of_year(value: datetime | date) -> str:
    """Return the day where the year is clear: ``Tue 24 Nov``."""
    return formats.day_of_year(_local(value), locale())


def day_of_month(value: datetime | date) -> str:
    """Return the day where the month is clear: ``Tue 24``."""
    return formats.day_of_month(_local(value), locale())


def _local(value: datetime | date) -> date:
    return value.astimezone(context.zone()).date() if isinstance(value, datetime) else value


def iso_date(value: str) -> str:
    """Return the day of a time that is kept as ISO 8601: ``24 Nov 2026``."""
    return formats.date_alone(_local(datetime.fromisoformat(value)), locale())


def isoday(value: datetime) -> str:
    """Return the day as date fields want it: ``2026-11-24``."""
    return value.astimezone(context.zone()).date().isoformat()


def moment(value: datetime) -> str:
    """Return the time of day, with its day where that is not today: ``Tue 24 Nov 10:20``."""
    return formats.moment(value, context.now(), context.zone(), locale())


def since(value: datetime) -> str:
    """Return how long ago: ``12 min``."""
    return duration(context.now() - value)


def duration(value: timedelta) -> str:
    """Return a length of time: ``25 min``, ``3 h 10 min``, ``2 days``, ``-5 min``."""
    return formats.duration(value, locale())


def born(birth_date: date | None) -> str:
    """Return the birth date: ``4 May 1981``."""
    return formats.date_alone(birth_date, locale()) if birth_date else tell(_("unknown"))


def age(birth_date: date | None) -> str:
    """Return the age as people say it: ``45 y``, under two years ``14 m``."""
    if birth_date is None:
        return tell(_("age unknown"))
    return formats.age(birth_date, context.today(), locale())


def transposed(rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Return columns of the same length as rows."""
    return list(zip(*rows, strict=True))


def decimal(value: float, places: int = 1) -> str:
    """Return a number with so many places: ``3.5``."""
    return formats.decimal(value, places, locale())


def figure(value: object) -> object:
    """Return a number with the places that it has, as it is typed again: ``300``, ``0,5``."""
    return formats.shortest(value, locale()) if isinstance(value, float) else value


def sentence(text: str) -> str:
    """Return a text told as a sentence: with a capital, and a full stop where it has no end."""
    told = tell(text)
    return told[:1].upper() + told[1:] + ("" if told.endswith((".", "?", "!")) else ".")


def same_page(**changes: object) -> str:
    """Return this page's address with some of its query changed; None takes a name out."""
    query: dict[str, Any] = {**request.args.to_dict(flat=False), **changes}
    kept = {name: value for name, value in query.items() if value not in (None, "", [""])}
    return request.path + (f"?{urlencode(kept, doseq=True)}" if kept else "")


@cache
def asset(name: str) -> str:
    """Return the address of a file of ``static/``; it changes with the content."""
    digest = hashlib.sha256((_STATIC / name).read_bytes()).hexdigest()[:12]
    return url_for("static", filename=name, v=digest)


@cache
def vendor(name: str) -> Markup:
    """Return the tag of a file from ``static/vendor``; nothing where it was not fetched."""
    manifest = _STATIC / "vendor" / "manifest.json"
    if not manifest.is_file():
        return Markup()
    integrity = json.loads(manifest.read_text()).get(name)
    if integrity is None:
        return Markup()
    tag = Markup('<script src="{}" integrity="{}" defer></script>')
    if name in _AT_ONCE:
        tag = Markup('<script src="{}" integrity="{}"></script>')
    if name.endswith(".css"):
        tag = Markup('<link rel="stylesheet" href="{}" integrity="{}">')
    return tag.format(asset(f"vendor/{name}"), integrity)
