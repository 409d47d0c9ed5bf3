"""Numbers of rules and policy as a person says them: ``6 h``, ``28 days``, ``07:00 to 20:00``."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from worklist.language import formats
from worklist.language.text import Text, _, ngettext
from worklist.rules.parameters import Parameter
from worklist.vocabulary import Category
from worklist.web.language import locale, tell
from worklist.web.words import word

_LENGTHS = {
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
}
# Units whose word goes with the number, and those that the values themselves say.
_COUNTED: Mapping[str, Callable[[int, str], Text]] = {
    "units": lambda count, num: ngettext("%(num)s unit", "%(num)s units", count, num=num),
    "times": lambda count, num: ngettext("%(num)s time", "%(num)s times", count, num=num),
    "years": lambda count, num: ngettext("%(num)s year", "%(num)s years", count, num=num),
    "weeks": lambda count, num: ngettext("%(num)s week", "%(num)s weeks", count, num=num),
    "exams": lambda count, num: ngettext("%(num)s exam", "%(num)s exams", count, num=num),
}
_SAID_BY_VALUE = frozenset({"", "rules", "nuclides", "INR", "time of day, MBq"})
_WITHIN = {
    Category.MINUTES: _("within minutes"),
    Category.HOURS: _("within hours"),
    Category.DAYS: _("within days"),
}


def quantity(value: Any, parameter: Parameter) -> str:  # noqa: ANN401 - whatever JSON can hold
    """Return a value with its unit."""
    return _said(value, parameter.unit)


def of_name(value: Any, known: Mapping[str, Parameter], name: str) -> str:  # noqa: ANN401 - same
    """Return a value of the history; a number that is no more has no unit."""
    return _said(value, known[name].unit if name in known else "")


def unit_asked(parameter: Parameter) -> str:
    """Return the unit in which a value is typed, empty where its form shows it."""
    is_formed = isinstance(parameter.value, bool | str) or parameter.unit in _SAID_BY_VALUE
    return "" if is_formed else tell(_(parameter.unit))


def allowed(parameter: Parameter) -> str:
    """Return the bounds of a number in the unit in which it is typed; empty where it has none."""
    if parameter.least is None or parameter.most is None:
        return ""
    least, most = (formats.shortest(one, locale()) for one in (parameter.least, parameter.most))
    most = " ".join(filter(None, [most, unit_asked(parameter)]))
    return tell(_("%(least)s to %(most)s allowed", least=least, most=most))


def _said(value: Any, unit: str) -> str:  # noqa: ANN401 - same
    if isinstance(value, bool):
        return tell(_("yes") if value else _("no"))
    if isinstance(value, Mapping):
        return _pairs(value, unit)
    if isinstance(value, list | tuple):
        return ", ".join(_said(one, unit) for one in value) or tell(_("none"))
    if isinstance(value, int | float):
        return _number(value, unit)
    text = str(value)
    return text.removesuffix(":00") if text.count(":") > 1 else text


def _pairs(values: Mapping[str, Any], unit: str) -> str:
    """Return values by key; the few forms of their own are said as such."""
    if values.keys() == {"first", "last"}:
        first, last = (_said(values[key], "") for key in ("first", "last"))
        return tell(_("%(first)s to %(last)s", first=first, last=last))
    if values.keys() == {"hours", "share"}:
        share = formats.decimal(values["share"] * 100, 0, locale())
        away = _number(values["hours"], "hours")
        return tell(_("%(share)s %% from %(time)s before", share=share, time=away))
    return ", ".join(f"{_key(key)} {_said(one, unit)}" for key, one in values.items()) or tell(
        _("none")
    )


def _key(key: str) -> str:
    if key in _WITHIN:
        return tell(_WITHIN[Category(key)]) + ":"
    return word(key) if key.islower() else key  # others are codes: ROUTINE, CT ABDOMEN, Tc-99m


def _number(value: float, unit: str) -> str:
    if unit in _LENGTHS and value == int(value):
        return _length(int(value) * _LENGTHS[unit])
    written = formats.shortest(value, locale())
    if unit in _COUNTED:
        return tell(_COUNTED[unit](1 if value == 1 else 2, written))
    if unit in _SAID_BY_VALUE:
        return written
    return f"{written} {tell(_(unit))}"


def _length(time: timedelta) -> str:
    """Return a length of time without what is nothing: ``6 h``, not ``6 h 00 min``."""
    hours, rest = divmod(time, timedelta(hours=1))
    if rest or not hours or (hours >= 48 and not hours % 24):  # noqa: PLR2004 - two days
        return formats.duration(time, locale())
    return tell(_("%(hours)s h", hours=hours))
