"""What templates may use: times in the page's zone, words for codes, addresses of files."""

import hashlib
import json
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask, request, url_for
from markupsafe import Markup

from worklist.auth.roles import Permission
from worklist.catalogue.models import ResourceKind
from worklist.language import formats
from worklist.language.text import _
from worklist.orders.status import StepStatus
from worklist.patients import names
from worklist.web import context
from worklist.web.language import locale, tell
from worklist.web.navigation import BAR_LENGTH, places
from worklist.web.permissions import may

_STATIC = Path(__file__).parents[2] / "static"

STATUS_WORDS = {
    StepStatus.UNSCHEDULED: _("No slot yet"),
    StepStatus.HELD: _("Held"),
    StepStatus.SCHEDULED: _("Scheduled"),
    StepStatus.ARRIVED: _("Arrived"),
    StepStatus.READY: _("Ready"),
    StepStatus.STARTED: _("In progress"),
    StepStatus.DEPARTED: _("Left the room"),
    StepStatus.COMPLETED: _("Completed"),
    StepStatus.DISCONTINUED: _("Discontinued"),
    StepStatus.CANCELED: _("Cancelled"),
    StepStatus.NO_SHOW: _("Did not come"),
}
CLASS_WORDS = {"I": _("Inpatient"), "E": _("Emergency"), "O": _("Outpatient")}


def install(app: Flask) -> None:
    """Add filters and globals; undefined names are errors."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        clock=clock,
        isoday=isoday,
        day=day,
        moment=moment,
        since=since,
        duration=duration,
        age=age,
        born=born,
        day_of_year=day_of_year,
        day_of_month=day_of_month,
        decimal=decimal,
        told=tell,
        status_word=status_word,
        class_word=lambda code: CLASS_WORDS.get(code, code),
        person=names.display,
        word=word,
        purpose=purpose,
    )
    app.jinja_env.globals.update(
        asset=asset,
        vendor=vendor,
        may=may,
        Permission=Permission,
        places=places,
        BAR_LENGTH=BAR_LENGTH,
        now=context.now,
        same_page=same_page,
    )


def clock(value: datetime) -> str:
    """Return the time of day: ``10:20``."""
    return formats.clock(value, context.zone())


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
    return formats.date_alone(birth_date, locale()) if birth_date else _("unknown")


def age(birth_date: date | None) -> str:
    """Return the age as people say it: ``45 y``, under two years ``14 m``."""
    if birth_date is None:
        return _("age unknown")
    return formats.age(birth_date, _local(context.now()), locale())


def decimal(value: float, places: int = 1) -> str:
    """Return a number with so many places: ``3.5``."""
    return formats.decimal(value, places, locale())


def status_word(status: StepStatus) -> str:
    """Return what a page calls the status of an exam."""
    return STATUS_WORDS[status]


def word(code: str | ResourceKind) -> str:
    """Return a code such as ``preparation_chair`` as words."""
    return str(code).replace("_", " ")


def purpose(code: str) -> str:
    """Return what a block is for: ``E`` is emergency, ``referrer:Huber^Maria`` is Huber, Maria."""
    if code.startswith("referrer:"):
        return names.display(code.partition(":")[2])
    return CLASS_WORDS[code].lower() if code in CLASS_WORDS else word(code)


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
    """Return the script tag of a file from ``static/vendor``; nothing where it was not fetched."""
    manifest = _STATIC / "vendor" / "manifest.json"
    if not manifest.is_file():
        return Markup()
    integrity = json.loads(manifest.read_text()).get(name)
    if integrity is None:
        return Markup()
    return Markup('<script src="{}" integrity="{}" defer></script>').format(
        asset(f"vendor/{name}"), integrity
    )
