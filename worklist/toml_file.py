"""Read a file that a department edits: what is wrong with it is one sentence with its place."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic_core import ErrorDetails


def read(path: Path, refuse: type[Exception]) -> dict[str, Any]:
    """Return what a TOML file holds.

    Raises:
        Exception: of the type ``refuse``: it cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise refuse(f"{path}: cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise refuse(f"{path}: is not TOML: {error}.") from error


def problem(error: ErrorDetails, whole: str) -> str:
    """Return the place and the words of a value that is not what is expected.

    ``whole`` names the thing where no part of it is to blame.
    """
    return f"{place(error) or whole}: {words(error)}"


def place(error: ErrorDetails) -> str:
    """Return where the value stands, ``senders.0.addresses.1``; empty for the whole."""
    return ".".join(str(part) for part in error["loc"])


def words(error: ErrorDetails) -> str:
    """Return what is wrong with the value."""
    return error["msg"].removeprefix("Value error, ")
