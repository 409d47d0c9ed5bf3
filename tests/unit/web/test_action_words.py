"""Each action that is written into the audit trail has its words, and no words are left over."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from worklist.orders.status import StepStatus
from worklist.reading.models import ReportKind
from worklist.scheduling.models import PlacementOutcome
from worklist.scheduling.waiting.models import OfferStatus
from worklist.web.action_words import ACTIONS, action_word

ROOT = Path(__file__).parents[3] / "worklist"
TOPICS = {action.partition(".")[0] for action in ACTIONS}
_CODE = re.compile(rf"(?:{'|'.join(sorted(TOPICS))})\.[a-z_]*[a-z]")
# What looks like an action and is none: names in logs, and of a file.
OTHERS = {"outbox.attempt", "outbox.crashed", "rules.review_failed", "rules.reviewed", "rules.toml"}
# Calls that give the second half of an action alone: in which folder or file, to what.
HALVES = {
    ("reading", "record"): "reading",
    ("reading/critical", "_record"): "critical",
    ("performing/pauses.py", "_record"): "exam",
    ("hl7/outbound/service.py", "_record"): "outbox",
    ("scheduling", "resolve"): "hold",
}
# Actions whose second half is a word of a closed list.
ENUMERATED = {
    *(f"exam.{status.lower()}" for status in StepStatus),
    *(f"exam.placement_{outcome}" for outcome in PlacementOutcome),
    *(f"exam.offer_{status}" for status in OfferStatus if status is not OfferStatus.OPEN),
    *(f"report.{kind.lower()}" for kind in ReportKind),
    "reading.assigned",
    "reading.reserved",
    "peer.added",
    "peer.changed",
}


def _texts(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


def _called(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _of_calls(place: str, tree: ast.Module) -> Iterator[str]:
    """Yield what this file's calls write, whole or by the second half."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = _called(node)
        for (where, called), topic in HALVES.items():
            if called == name and place.startswith(where) and len(node.args) > 2:
                yield from (f"{topic}.{one}" for one in _texts(node.args[2]) if one.isalpha())
        if name == "record":
            yield from (text for one in node.args for text in _texts(one) if _CODE.fullmatch(text))


def written() -> set[str]:
    """Return every action that some code writes."""
    found = set(ENUMERATED)
    for path in ROOT.rglob("*.py"):
        place = path.relative_to(ROOT).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= set(_of_calls(place, tree))
        if not place.startswith("web/"):  # a page's endpoints look the same
            found |= {one for one in _texts(tree) if _CODE.fullmatch(one)}
    return found - OTHERS


def test_each_action_has_its_words_and_nothing_else_has() -> None:
    assert written() == set(ACTIONS)


def test_no_two_actions_are_called_the_same() -> None:
    assert len(set(ACTIONS.values())) == len(ACTIONS)


def test_an_action_of_an_older_version_is_told_by_its_code() -> None:
    assert action_word("exam.beamed_up") == "exam beamed up"
