"""Which exams are on a station's list, whatever is asked: status, lingering, window."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, DateTime, and_, bindparam, or_

from worklist.catalogue.profiles import LeavesList
from worklist.dicom.profile import Profile
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import UNDER_WAY, WITH_SLOT, StepStatus

# The name of the parameter that tells when the query is asked.
ASKED_AT = "asked_at"
_ENDED = (StepStatus.COMPLETED, StepStatus.DISCONTINUED)

Step = ScheduledProcedureStep


def on_list(profile: Profile) -> ColumnElement[bool]:
    """Exams that wait, and those that linger after their start as the profile says."""
    if profile.leaves_list is LeavesList.AT_START:
        return _has_status(WITH_SLOT, "waiting")
    if profile.leaves_list is LeavesList.AT_END:
        return or_(_has_status(WITH_SLOT, "waiting"), _has_status(UNDER_WAY, "under_way"))
    since = _asked_at() - timedelta(hours=profile.linger_hours)
    return or_(
        _has_status(WITH_SLOT, "waiting"),
        _has_status(UNDER_WAY, "under_way"),
        and_(_has_status(_ENDED, "ended"), Step.ended_at > since),
    )


def window(profile: Profile) -> Iterator[ColumnElement[bool]]:
    """Exams that start within the profile's hours before and after now."""
    if profile.window_hours_before is not None:
        yield Step.starts_at >= _asked_at() - timedelta(hours=profile.window_hours_before)
    if profile.window_hours_after is not None:
        yield Step.starts_at < _asked_at() + timedelta(hours=profile.window_hours_after)


def _has_status(statuses: Iterable[StepStatus], name: str) -> ColumnElement[bool]:
    """Written into the SQL as words, so that the partial indexes serve."""
    words: BindParameter[Any] = bindparam(
        name, sorted(statuses), expanding=True, literal_execute=True
    )
    return Step.status.in_(words)


def _asked_at() -> BindParameter[Any]:
    return bindparam(ASKED_AT, None, type_=DateTime(timezone=True))
