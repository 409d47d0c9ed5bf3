"""Rules, thresholds and findings as lines of text, for commands and the documentation."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from worklist.language.text import _, joined
from worklist.rules import cases
from worklist.rules.cases import Difference
from worklist.rules.evaluate import EXAM_RULES, ROOM_RULES
from worklist.rules.findings import Block, Finding, Hold
from worklist.rules.parameters import Parameter, parameters
from worklist.rules.rule import Rule
from worklist.rules.serialise import EFFECTS, effect_of

_NAMES = {kind: name.replace("_", " ") for name, kind in EFFECTS.items()}
AREAS = {
    "IC": _("Iodinated contrast"),
    "GD": _("Gadolinium"),
    "RA": _("Radiation"),
    "MR": _("Magnetic resonance and sedation"),
    "NM": _("Nuclear medicine and PET"),
    "PR": _("Preparation"),
    "SQ": _("Order of exams, interventions"),
    "RM": _("Rooms, isolation, transport"),
    "AD": _("Administration"),
}


def finding_line(finding: Finding) -> str:
    """Return ``IC-02 hold (radiologist): text [source]``."""
    who = f" ({finding.role.replace('_', ' ')})" if isinstance(finding, Hold) else ""
    effect = effect_of(finding).replace("_", " ")
    return f"{finding.rule} {effect}{who}: {finding.text} [{finding.source}]"


def rules() -> list[Rule]:
    """Return every rule by area and identifier; a rule of two parts comes twice."""
    order = list(AREAS)
    every: list[Rule] = [*EXAM_RULES, *ROOM_RULES]
    return sorted(every, key=lambda rule: (order.index(rule.id[:2]), rule.id))


def effects(rule: Rule) -> str:
    """Return the rule's effects in words."""
    return ", ".join(effect_names(rule))


def effect_names(rule: Rule) -> list[str]:
    """Return the rule's effects, each as its words."""
    return [_NAMES[kind] for kind in rule.effects]


def value(given: Any) -> str:  # noqa: ANN401 - whatever JSON can hold
    """Return a threshold's value in words."""
    if isinstance(given, bool):
        return _("yes") if given else _("no")
    if isinstance(given, dict):
        return ", ".join(f"{key} {value(one)}" for key, one in given.items()) or _("none")
    if isinstance(given, list | tuple):
        return ", ".join(value(one) for one in given) or _("none")
    if isinstance(given, str) and given.count(":") > 1:
        return given.removesuffix(":00")
    return f"{given:g}" if isinstance(given, float) else str(given)


def quantity(given: Any, parameter: Parameter) -> str:  # noqa: ANN401 - whatever JSON can hold
    """Return a threshold's value with its unit, where that is more than its form."""
    unit = "" if isinstance(parameter.value, bool | str) else parameter.unit
    return joined([value(given), _(unit)], " ") if unit else value(given)


def catalogue() -> Iterator[str]:
    """Yield the lines of the rule catalogue as a Markdown page."""
    yield "# Rules"
    yield ""
    yield "Written by `worklist rules docs` from the rules and their data; do not edit by hand."
    yield ""
    yield "Every rule is a pure function from facts to findings. Its numbers are thresholds: the"
    yield "shipped values stand below, a department puts its own in their place with"
    yield "`worklist rules load FILE` or on the page of rules, and the history keeps who changed"
    yield "what, when and why. `worklist rules explain EXAM` shows what they say about one exam."
    yield ""
    yield "To try thresholds before using them, write them into a file as"
    yield '`{"thresholds": {"egfr_low": 35}}` and run `worklist rules check FILE`: it lists which'
    yield "of the exams ordered in the last 30 days would be judged differently; nothing changes."
    yield ""
    yield from _table(
        ("effect", "means"),
        ((name.replace("_", " "), _first_sentence(kind)) for name, kind in EFFECTS.items()),
    )
    for prefix, area in AREAS.items():
        of_area = [rule for rule in rules() if rule.id.startswith(prefix)]
        yield ""
        yield f"## {area}"
        yield ""
        yield from _table(
            ("rule", "what it does", "effects", "source"),
            ((rule.id, rule.text, effects(rule), _sources(rule)) for rule in of_area),
        )
    yield ""
    yield "## Thresholds"
    yield ""
    yield from _table(
        ("name", "shipped value", "unit", "allowed", "means", "rules", "source"),
        (_threshold(one) for one in parameters().values()),
    )


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for cells in (heading, ["---"] * len(heading), *rows):
        yield f"| {' | '.join(cells)} |"


def _sources(rule: Rule) -> str:
    return "; ".join(dict.fromkeys("; ".join(rule.sources).split("; ")))


def _first_sentence(kind: type[Finding]) -> str:
    return (kind.__doc__ or "").partition("\n")[0].replace("``", "`")


def _threshold(one: Parameter) -> tuple[str, ...]:
    bounds = "" if one.least is None else f"{one.least:g} to {one.most:g}"
    used = ", ".join(one.rules)
    return f"`{one.name}`", value(one.value), one.unit, bounds, one.text, used, one.source


def differences(found: Sequence[Difference], total: int) -> Iterator[str]:
    """Yield what would change: the counts first, then each exam."""
    yield f"{len(found)} of {total} exams would be judged differently."
    for words, kind in (("blocked", Block), ("held", Hold)):
        more, fewer = cases.changed(found, kind)
        yield f"{words}: {more} more, {fewer} fewer."
    for one in found:
        yield ""
        yield f"{one.case.name} ({one.case.at:%Y-%m-%d %H:%M})"
        yield from (f"  - {finding_line(finding)}" for finding in one.gone)
        yield from (f"  + {finding_line(finding)}" for finding in one.new)
