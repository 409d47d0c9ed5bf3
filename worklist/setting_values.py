"""What values settings take: each type checks and normalises what stands in a variable.

A check raises ValueError for what is malformed; what is expected instead, the setting says.
"""

import ipaddress
import re
import zoneinfo
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator

# What a person asks about an exam comes within weeks; less would only lose answers.
RETENTION_DAYS_LEAST = 90
TRANSLATIONS = Path(__file__).parents[1] / "translations"
_AE_TITLE_LENGTH = 16


def _absolute(path: Path) -> Path:
    """Fix the folder now, so that a process with another working folder means the same one."""
    return path.expanduser().absolute()


def _ae_title(value: str) -> str:
    """Check a DICOM application entity title (PS3.5 section 6.2, VR AE)."""
    title = value.strip(" ")
    if not 1 <= len(title) <= _AE_TITLE_LENGTH or not re.fullmatch(r"[ -\[\]-~]+", title):
        raise ValueError("not an application entity title")
    return title


def _address(value: str) -> str:
    return str(ipaddress.ip_address(value))


def _networks(value: str) -> str:
    """Check a list of addresses and networks."""
    parts = [part.strip() for part in value.split(",") if part.strip()]
    return ",".join(str(ipaddress.ip_network(part, strict=False)) for part in parts)


def _time_zone(value: str) -> str:
    try:
        return zoneinfo.ZoneInfo(value).key
    except (OSError, zoneinfo.ZoneInfoNotFoundError) as error:
        raise ValueError("unknown time zone") from error


def _locale(value: str) -> str:
    """Check that pages can be read in this language: English, or one with a catalogue."""
    if value != "en" and not (TRANSLATIONS / value / "LC_MESSAGES" / "messages.po").is_file():
        raise ValueError("no such translation")
    return value


def _mailbox(value: str) -> str:
    if value and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", value):
        raise ValueError("no address")
    return value


def _database_url(value: str) -> str:
    """Name the driver, so that a plain ``postgresql://`` address works too."""
    scheme, separator, rest = value.partition("://")
    if not separator or scheme not in {"postgres", "postgresql", "postgresql+psycopg"}:
        raise ValueError("not a PostgreSQL address")
    return f"postgresql+psycopg://{rest}"


def _redis_url(value: str) -> str:
    if not value.startswith(("redis://", "rediss://")):
        raise ValueError("not a Redis address")
    return value


def _web_address(value: str) -> str:
    """Check an address that browsers go to; plain HTTP is for this machine alone."""
    parts = urlsplit(value)
    is_here = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if not parts.hostname or not (parts.scheme == "https" or is_here):
        raise ValueError("not an https address")
    return value.rstrip("/")


def _pairs(value: str) -> str:
    """Check a list of ``name=value`` pairs."""
    pairs = [part.strip() for part in value.split(",") if part.strip()]
    if not all(re.fullmatch(r"[^=]+=\w+", pair) for pair in pairs):
        raise ValueError("not pairs")
    return ",".join(pairs)


def _retention_days(value: int) -> int:
    if 0 < value < RETENTION_DAYS_LEAST:
        raise ValueError("too few days")
    return value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


FilePath = Annotated[Path, AfterValidator(_absolute)]
AETitle = Annotated[str, AfterValidator(_ae_title)]
IPAddress = Annotated[str, AfterValidator(_address)]
Networks = Annotated[str, AfterValidator(_networks)]
TimeZoneName = Annotated[str, AfterValidator(_time_zone)]
LocaleName = Annotated[str, AfterValidator(_locale)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]
DatabaseURL = Annotated[str, AfterValidator(_database_url)]
RedisURL = Annotated[str, AfterValidator(_redis_url)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Pairs = Annotated[str, AfterValidator(_pairs)]
RetentionDays = Annotated[int, AfterValidator(_retention_days)]
UPPER_CASE = BeforeValidator(_upper)
LOWER_CASE = BeforeValidator(_lower)
