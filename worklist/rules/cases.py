"""Exams as plain facts, and what other thresholds would say about them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import AwareDatetime, ConfigDict, TypeAdapter, ValidationError, with_config

from worklist.errors import DomainError
from worklist.language.text import _
from worklist.rules.evaluate import evaluate_exam, evaluate_room
from worklist.rules.facts import ExamFacts, PatientFacts, RoomFacts
from worklist.rules.findings import Finding
from worklist.rules.serialise import essence, to_json
from worklist.rules.thresholds import Thresholds


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One exam at one moment, with the rooms that could be asked to take it.

    ``exam_id`` is its number where it is one of the department's.
    """

    name: str
    at: AwareDatetime
    patient: PatientFacts
    exam: ExamFacts
    rooms: tuple[RoomFacts, ...] = ()
    exam_id: int | None = None


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class CasesFile:
    """Thresholds to try, and exams to try them on; either may be left out."""

    thresholds: dict[str, Any] | None = None
    exams: tuple[Case, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An exam about which the rules would say something else: findings that go and that come."""

    case: Case
    gone: tuple[Finding, ...]
    new: tuple[Finding, ...]


_file = TypeAdapter(CasesFile)


def read(text: str) -> CasesFile:
    """Read a file of facts (JSON).

    Raises:
        DomainError: it is not JSON, or a value is not what is expected; the text says where.
    """
    try:
        return _file.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise DomainError(
            _("The file of facts: %(place)s: %(msg)s.", place=place, msg=first["msg"])
        ) from error


def write(content: CasesFile) -> str:
    """Return the file of facts that ``read`` reads."""
    return _file.dump_json(content, indent=2).decode()


def findings(case: Case, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return what the rules say about the exam, also in each of its rooms."""
    found = list(evaluate_exam(case.patient, case.exam, thresholds, case.at))
    for room in case.rooms:
        found += evaluate_room(case.patient, case.exam, room, thresholds)
    return tuple(found)


def compare(cases: Iterable[Case], before: Thresholds, after: Thresholds) -> Iterator[Difference]:
    """Yield the exams about which the rules would say something else.

    A finding whose sentence only names another limit is the same finding.
    """
    for case in cases:
        old = _by_effect(findings(case, before))
        new = _by_effect(findings(case, after))
        gone = tuple(one for key, one in old.items() if key not in new)
        come = tuple(one for key, one in new.items() if key not in old)
        if gone or come:
            yield Difference(case=case, gone=gone, new=come)


def changed(found: Iterable[Difference], kind: type[Finding]) -> tuple[int, int]:
    """Return how many exams come to have a finding of a kind, and how many lose their last."""
    more = fewer = 0
    for one in found:
        gone, new = _has(one.gone, kind), _has(one.new, kind)
        more, fewer = more + (new and not gone), fewer + (gone and not new)
    return more, fewer


def _has(found: Iterable[Finding], kind: type[Finding]) -> bool:
    return any(isinstance(one, kind) for one in found)


def _by_effect(found: Iterable[Finding]) -> Mapping[tuple[object, ...], Finding]:
    counted: dict[tuple[object, ...], int] = {}
    result: dict[tuple[object, ...], Finding] = {}
    for one in found:
        key = essence(to_json(one))
        counted[key] = counted.get(key, 0) + 1
        result[(*key, counted[key])] = one
    return result
