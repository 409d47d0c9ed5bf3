"""The file in which a department writes down the thresholds that it wants changed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worklist import toml_file
from worklist.errors import DomainError
from worklist.language.text import _

_EXAMPLE = 'reason = "..." and a table [thresholds] with lines such as egfr_low = 35'


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdFile:
    """What a file asks for: values by name, and why."""

    values: dict[str, Any]
    reason: str


def read(path: Path) -> ThresholdFile:
    """Read a file of thresholds.

    Raises:
        DomainError: it cannot be read, is not TOML, or holds something else.
    """
    content = toml_file.read(path, DomainError)
    values, reason = content.get("thresholds"), content.get("reason", "")
    other = sorted(set(content) - {"thresholds", "reason"})
    if other or not isinstance(values, dict) or not isinstance(reason, str):
        raise DomainError(
            _(
                "%(path)s: expected %(example)s; found %(content)s.",
                path=path,
                example=_EXAMPLE,
                content=", ".join(content) or "nothing",
            )
        )
    return ThresholdFile(values=values, reason=reason)
