"""What a card says, in the language of the page.

A board has hundreds of cards. Their words are put together here, once a card, and a word that many
cards share is looked up once a page.
"""

from datetime import datetime
from functools import cache
from typing import NamedTuple

from worklist.language.text import _
from worklist.orders.status import StepStatus
from worklist.patients import names
from worklist.vocabulary import Contrast
from worklist.web import templating, words
from worklist.web.day.queries import BoardExam
from worklist.web.language import tell


class Face(NamedTuple):
    """The words of a card; ``late`` is when the exam is expected where others push it."""

    person: str
    times: str
    ends: str
    late: str
    state: str
    told: str
    is_missing: bool


class Faces:
    """Tells cards of one page.

    Args:
        missing_before: Who was to come before, and is not here, is missing.
    """

    def __init__(self, missing_before: datetime) -> None:
        self._missing_before = missing_before
        self._status = cache(words.status)
        self._class = cache(words.patient_class)
        self._age = cache(templating.age)
        self._clock = cache(templating.clock)
        self._contrast = tell(_("contrast"))
        self._not_come = tell(_("the patient has not come"))
        self._missing = tell(_("Has not come"))

    def of(self, exam: BoardExam) -> Face:
        """Return what the exam's card says."""
        person = names.display(exam.patient_name)
        ends = self._clock(exam.ends_at) if exam.ends_at else ""
        times = f"{self._clock(exam.starts_at)}\N{EN DASH}{ends}" if exam.starts_at else ""
        late = self._clock(exam.expected_at) if exam.expected_at else ""
        is_missing = (
            exam.status is StepStatus.SCHEDULED
            and exam.starts_at is not None
            and exam.starts_at <= self._missing_before
        )
        state = self._missing if is_missing else self._status(exam.status)
        told = self._told(exam, person, times, late, is_missing=is_missing)
        return Face(person, times, ends, late, state, told, is_missing)

    def _told(
        self, exam: BoardExam, person: str, times: str, late: str, *, is_missing: bool
    ) -> str:
        """Return everything that a card has no room for, in one line."""
        parts = [
            f"{times} {person} ({exam.sex or '?'}, {self._age(exam.birth_date)})".lstrip(),
            exam.description,
            exam.priority,
            self._status(exam.status),
        ]
        if exam.contrast is not Contrast.NONE:
            parts.append(self._contrast)
        parts.append(f"{self._class(exam.patient_class)} {exam.location}".rstrip())
        if is_missing:
            parts.append(self._not_come)
        if late:
            parts.append(
                tell(_("expected about %(time)s: the exam before it runs late", time=late))
            )
        return " \N{MIDDLE DOT} ".join(part for part in parts if part)
