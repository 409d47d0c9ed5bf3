"""Read a policy from a TOML file: whatever it does not say stays as the engine has it."""

from datetime import time, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from worklist import toml_file
from worklist.errors import DomainError
from worklist.scheduling.policy import Policy
from worklist.vocabulary import Priority

SHIPPED = Path(__file__).parent / "policies"
_of_process: dict[str, Policy] = {}


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


class PolicyFile(_Part):
    """A whole file; see `Policy` for what each number means."""

    fixed_rooms: bool = False
    target_hours: dict[Priority, Annotated[float, Field(gt=0)]] = {}
    notice_minutes: dict[Priority, Annotated[int, Field(ge=0)]] = {}
    patience: dict[Priority, Annotated[int, Field(ge=0)]] = {}
    kept_free: dict[Priority, tuple[KeptShare, ...]] = {}
    kept_hours: Annotated[int, Field(ge=1, le=24)] | None = None
    daytime: Daytime | None = None
    overdue_factor: Annotated[float, Field(ge=1)] | None = None
    missed_preference: Annotated[float, Field(ge=0)] | None = None
    spare_capability: Annotated[float, Field(ge=0)] | None = None
    fragment: Annotated[float, Field(ge=0)] | None = None
    fragment_minutes: Annotated[int, Field(ge=0)] | None = None
    other_day: Annotated[float, Field(ge=0)] | None = None
    other_site: Annotated[float, Field(ge=0)] | None = None
    other_time: Annotated[float, Field(ge=0)] | None = None
    step_minutes: Annotated[int, Field(ge=1, le=60)] | None = None
    horizon_days: Annotated[int, Field(ge=1, le=365)] | None = None


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
)


def read(path: Path) -> PolicyFile:
    """Read and check a policy file.

    Raises:
        PolicyError: it cannot be read, is not TOML, or a value is not what is expected.
    """
    content = toml_file.read(path, PolicyError)
    try:
        return PolicyFile.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise PolicyError(f"{path}: {place}: {first['msg']}.") from error


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
        **fields,
    )


def use(path: Path | None) -> None:
    """Place by this file's policy from now on in this process; None: by the shipped one.

    Raises:
        PolicyError: the file is wrong.
    """
    _of_process["policy"] = policy(read(path or SHIPPED / "standard.toml"))


def in_use() -> Policy:
    """Return the policy that exams are placed by."""
    if "policy" not in _of_process:
        use(None)
    return _of_process["policy"]
