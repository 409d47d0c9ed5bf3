"""Read a policy from a TOML file: whatever it does not say stays as the engine has it."""

from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from worklist import toml_file
from worklist.errors import DomainError
from worklist.language import value_errors
from worklist.language.text import _
from worklist.scheduling.policy import Policy
from worklist.vocabulary import Category, Priority

SHIPPED = Path(__file__).parent / "policies"


class PolicyError(DomainError):
    """The policy file is wrong; the text says where and what is expected."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KeptShare(_Part):
    """A share of a room's day that is kept free while the day is ``hours`` or more away."""

    hours: Annotated[float, Field(ge=0)]
    share: Annotated[float, Field(ge=0, lt=1)]


class Daytime(_Part):
    """Between which wall-clock times exams that are not urgent start."""

    first: time
    last: time


_Minutes = Annotated[int, Field(gt=0, le=60 * 24 * 366)]
_Share = Annotated[float, Field(ge=0)]
_Hours = Annotated[int, Field(ge=0, le=24 * 30)]
_Percent = Annotated[int, Field(ge=0, le=100)]


def _leads(value: object) -> object:
    """Return a lone number of hours as the only one; 0 is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return [value] if value else []
    return value


def _longest_first(hours: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(set(hours), reverse=True))


_Leads = Annotated[
    tuple[Annotated[int, Field(ge=1, le=24 * 30)], ...],
    Field(max_length=4),
    BeforeValidator(_leads),
    AfterValidator(_longest_first),
]


def _number(text: str, unit: str = "") -> Any:  # noqa: ANN401 - what pydantic's Field gives
    """Return a field without a value: whatever the file does not say stays as it is."""
    return Field(None, description=text, json_schema_extra={"unit": unit})


def _by_priority(text: str, unit: str = "") -> Any:  # noqa: ANN401 - what pydantic's Field gives
    return Field({}, description=text, json_schema_extra={"unit": unit})


class PolicyFile(_Part):
    """A whole file; each number's description is what the page of the policy shows of it.

    ``fixed_rooms``, ``waiting_list``, ``moves_for_stat`` and ``nightly_replan`` are ways of a
    department that is simulated; they are not numbers of placement.
    """

    fixed_rooms: bool = False
    waiting_list: bool = True
    moves_for_stat: bool = True
    nightly_replan: bool = False
    target_hours: dict[Priority, Annotated[float, Field(gt=0)]] = _by_priority(
        _("Within which time of the order an exam of each priority should begin."), "hours"
    )
    notice_minutes: dict[Priority, Annotated[int, Field(ge=0)]] = _by_priority(
        _("How long an outpatient needs to come, by priority."), "minutes"
    )
    patience: dict[Priority, Annotated[int, Field(ge=0)]] = _by_priority(
        _("How long waiting one unit of the weights below is worth, by priority."), "minutes"
    )
    kept_free: dict[Priority, tuple[KeptShare, ...]] = _by_priority(
        _(
            "By priority, the share of a room's time that is left to more urgent exams "
            "while that time is so many hours or more away."
        )
    )
    kept_hours: Annotated[int, Field(ge=1, le=24)] | None = _number(
        _("The length of the stretches of which the share is kept."), "hours"
    )
    daytime: Daytime | None = _number(
        _(
            "Between which times of the day ASAP and ROUTINE exams start, and URGENT "
            "ones of outpatients."
        )
    )
    overdue_factor: Annotated[float, Field(ge=1)] | None = _number(
        _("How many times a minute beyond the target counts."), "times"
    )
    missed_preference: _Share | None = _number(
        _("Weight of a room without a capability that a rule prefers."), "units"
    )
    spare_capability: _Share | None = _number(
        _(
            "Weight of spending a capability without need, times the share of the "
            "modality's rooms that do not have it."
        ),
        "units",
    )
    fragment: _Share | None = _number(
        _("Weight of leaving a gap in the room that no exam fits into."), "units"
    )
    fragment_minutes: Annotated[int, Field(ge=0)] | None = _number(
        _("Gaps shorter than this are of no use."), "minutes"
    )
    other_day: _Share | None = _number(
        _("Weight of having an outpatient come on a different day from their other exams."), "units"
    )
    other_site: _Share | None = _number(
        _("Weight of sending a patient to a site other than the one they prefer or are at."),
        "units",
    )
    other_time: _Share | None = _number(
        _("Weight of a start at a time of day that a rule would rather not have."), "units"
    )
    step_minutes: Annotated[int, Field(ge=1, le=60)] | None = _number(
        _("Exams start at multiples of this."), "minutes"
    )
    horizon_days: Annotated[int, Field(ge=1, le=365)] | None = _number(
        _("How far ahead a place is looked for."), "days"
    )
    read_minutes: dict[Priority, _Minutes] = _by_priority(
        _("Within which time of its end an exam of each priority should be read."), "minutes"
    )
    told_minutes: dict[Category, _Minutes] = _by_priority(
        _(
            "Within which time somebody must be told of a critical finding, by how soon it has "
            "to be acted on: within minutes, hours or days. A change counts for those raised later."
        ),
        "minutes",
    )
    used_percent: _Percent | None = _number(
        _("How much of their open time rooms should be used, at least."), "%"
    )
    missed_percent: _Percent | None = _number(
        _("How many of the patients expected may stay away, at most."), "%"
    )
    remind_hours: _Leads | None = _number(
        _(
            "How long before an appointment its outpatient is reminded by e-mail: [168, 24] is a "
            "week and a day before, 48 only two days before, [] not at all."
        ),
        "hours",
    )
    remind_least_hours: _Hours | None = _number(
        _("How long before an appointment it is too late to remind of it by e-mail."), "hours"
    )


WAYS = frozenset({"fixed_rooms", "waiting_list", "moves_for_stat", "nightly_replan"})
NAMES = tuple(name for name in PolicyFile.model_fields if name not in WAYS)
_of_process: dict[str, PolicyFile] = {}
_SAME_NAME = (
    "overdue_factor",
    "missed_preference",
    "spare_capability",
    "fragment",
    "fragment_minutes",
    "other_day",
    "other_site",
    "other_time",
    "step_minutes",
    "kept_hours",
    "used_percent",
    "missed_percent",
    "remind_hours",
    "remind_least_hours",
)


def read(path: Path) -> PolicyFile:
    """Read and check a policy file.

    Raises:
        PolicyError: it cannot be read, is not TOML, or a value is not what is expected.
    """
    return checked(toml_file.read(path, PolicyError), str(path))


def checked(content: Mapping[str, Any], origin: str) -> PolicyFile:
    """Return values by name, as TOML or JSON holds them, as a policy file.

    Raises:
        PolicyError: a value is not what is expected; the text begins with ``origin``.
    """
    try:
        return PolicyFile.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise PolicyError(
            _(
                "%(origin)s: %(place)s: %(msg)s.",
                origin=origin,
                place=toml_file.place(first),
                msg=value_errors.words(first),
            )
        ) from error


def policy(file: PolicyFile) -> Policy:
    """Return the engine's policy with what the file says."""
    defaults = Policy()
    fields = {name: value for name in _SAME_NAME if (value := getattr(file, name)) is not None}
    hours, minutes = timedelta(hours=1), timedelta(minutes=1)
    return Policy(
        target=defaults.target | {key: one * hours for key, one in file.target_hours.items()},
        notice=defaults.notice | {key: one * minutes for key, one in file.notice_minutes.items()},
        patience=defaults.patience | file.patience,
        kept_free={
            key: tuple((one.hours * hours, one.share) for one in shares)
            for key, shares in file.kept_free.items()
        },
        daytime=(file.daytime.first, file.daytime.last) if file.daytime else defaults.daytime,
        horizon=timedelta(days=file.horizon_days) if file.horizon_days else defaults.horizon,
        read_within=defaults.read_within
        | {key: one * minutes for key, one in file.read_minutes.items()},
        told_within=defaults.told_within
        | {key: one * minutes for key, one in file.told_minutes.items()},
        **fields,
    )


def written(of: Policy) -> dict[str, Any]:
    """Return the whole policy as JSON holds the values of a file, by name."""
    hour, minute, (first, last) = timedelta(hours=1), timedelta(minutes=1), of.daytime
    file = PolicyFile(
        target_hours={key: one / hour for key, one in of.target.items()},
        notice_minutes={key: one // minute for key, one in of.notice.items()},
        patience=of.patience,
        kept_free={
            key: tuple(KeptShare(hours=before / hour, share=share) for before, share in shares)
            for key, shares in of.kept_free.items()
        },
        daytime=Daytime(first=first, last=last),
        horizon_days=of.horizon.days,
        read_minutes={key: one // minute for key, one in of.read_within.items()},
        told_minutes={key: one // minute for key, one in of.told_within.items()},
        **{name: getattr(of, name) for name in _SAME_NAME},
    )
    return file.model_dump(mode="json", exclude=set(WAYS))


def use(path: Path | None) -> None:
    """Start from this file's policy from now on in this process; None: from the shipped one.

    Raises:
        PolicyError: the file is wrong.
    """
    _of_process["file"] = read(path or SHIPPED / "standard.toml")


def of_process() -> PolicyFile:
    """Return the file that this process starts from."""
    if "file" not in _of_process:
        use(None)
    return _of_process["file"]


def with_values(own: Mapping[str, Any]) -> Policy:
    """Return the policy of this process's file with a department's own values in their place.

    Raises:
        PolicyError: a value is not what is expected.
    """
    file = of_process()
    if own:
        values = file.model_dump(mode="json", exclude_unset=True) | dict(own)
        file = checked(values, "policy")
    return policy(file)
