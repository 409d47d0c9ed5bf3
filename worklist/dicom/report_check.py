"""Judge what a scanner leaves out of its reports: strictly, or leniently with a note.

A refused report helps nobody on a busy day, so a station is served leniently unless its profile
says otherwise; what each device leaves out is listed for whoever talks to its maker.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydicom.datadict import tag_for_keyword

INVALID_ATTRIBUTE_VALUE = 0x0106
MISSING_ATTRIBUTE = 0x0120
MISSING_ATTRIBUTE_VALUE = 0x0121

Attributes = dict[str, Any]


class Problem(StrEnum):
    """What is wrong with an attribute of a report."""

    MISSING = "missing"
    EMPTY = "empty"
    MAY_NOT_CHANGE = "may not change"


class StepRefusedError(Exception):
    """A report cannot be taken; ``status`` is the DIMSE status that says why."""

    def __init__(self, status: int, keyword: str, text: str) -> None:
        super().__init__(f"{keyword}: {text}")
        self.status = status
        self.keyword = keyword


@dataclass(slots=True)
class ReportCheck:
    """Judges one report; ``defects`` are the attributes at fault and what is wrong with them."""

    calling: str
    modality: str
    now: datetime
    strict: bool = False
    defects: dict[str, Problem] = field(default_factory=dict)

    def type_1(self, attributes: Attributes, keywords: Iterable[str]) -> None:
        """Ask for attributes with a value.

        Raises:
            StepRefusedError: one is missing (0120) or empty (0121), where the check is strict.
        """
        for keyword in keywords:
            if tag_of(keyword) not in attributes:
                self._refuse(keyword, Problem.MISSING, MISSING_ATTRIBUTE)
            elif not first_of(attributes, keyword):
                self._refuse(keyword, Problem.EMPTY, MISSING_ATTRIBUTE_VALUE)

    def type_2(self, attributes: Attributes, keywords: Iterable[str]) -> None:
        """Ask for attributes that may be empty.

        Raises:
            StepRefusedError: one is missing (0120), where the check is strict.
        """
        for keyword in keywords:
            if tag_of(keyword) not in attributes:
                self._refuse(keyword, Problem.MISSING, MISSING_ATTRIBUTE)

    def note(self, keyword: str, problem: Problem) -> None:
        """Note what is wrong and take the report all the same."""
        self.defects[keyword] = problem

    def _refuse(self, keyword: str, problem: Problem, status: int) -> None:
        self.note(keyword, problem)
        if self.strict:
            raise StepRefusedError(status, keyword, problem)


def first_of(attributes: Attributes, keyword: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return the first value of an attribute, None without one."""
    values = attributes.get(tag_of(keyword), {}).get("Value") or [None]
    return values[0]


def items_of(attributes: Attributes, keyword: str) -> list[Attributes]:
    """Return the items of a sequence, none without it."""
    found: list[Attributes] = attributes.get(tag_of(keyword), {}).get("Value", [])
    return found


def tag_of(keyword: str) -> str:
    """Return the key of an attribute in the DICOM JSON model."""
    return f"{tag_for_keyword(keyword):08X}"
