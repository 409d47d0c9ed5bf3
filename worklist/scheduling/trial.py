"""What other thresholds would have said about the last exams; nothing is changed by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from worklist.rulebook import queries as rulebook
from worklist.rules import cases
from worklist.rules.cases import Difference
from worklist.rules.findings import Block, Hold
from worklist.rules.parameters import with_changes
from worklist.scheduling.past_cases import past_cases

DAYS = 30
_MOST = 500


@dataclass(frozen=True, slots=True)
class Trial:
    """How many exams were judged by both, and those that would be judged differently.

    ``held`` and ``blocked`` count the exams that would be so and were not, and the reverse.
    """

    exams: int
    differences: Sequence[Difference]
    held: tuple[int, int]
    blocked: tuple[int, int]


def trial(session: Session, values: Mapping[str, Any], *, now: datetime) -> Trial:
    """Judge the exams ordered in the last `DAYS`, the newest 500 of them, by other values.

    Args:
        session: Only read.
        values: Thresholds to try over those in use, as JSON holds them, by name; None is what is
            shipped.
        now: The present time.

    Raises:
        ThresholdError: a name is unknown, a value is of the wrong form or out of bounds.
    """
    own = rulebook.own_values(session)
    tried = {name: value for name, value in (own | dict(values)).items() if value is not None}
    after = with_changes(tried)
    known = list(past_cases(session, now=now, days=DAYS, most=_MOST))
    found = list(cases.compare(known, with_changes(own), after))
    return Trial(
        exams=len(known),
        differences=found,
        held=cases.changed(found, Hold),
        blocked=cases.changed(found, Block),
    )
