"""Read a file that a department edits: what is wrong with it is one sentence with its place."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from worklist.language import value_errors

Content = TypeVar("Content", bound=BaseModel)


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


def read_as(path: Path, kind: type[Content], refuse: type[Exception], whole: str) -> Content:
    """Return what a TOML file holds as a ``kind``; every wrong value of it is told at once.

    Raises:
        Exception: of the type ``refuse``: it cannot be read, is not TOML, or a value is not what
            is expected; ``whole`` names the thing where no part of it is to blame.
    """
    content = read(path, refuse)
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        problems = "; ".join(_problem(one, whole) for one in error.errors())
        raise refuse(f"{path}: {problems}.") from error


def require_each_once(what: str, values: Sequence[str]) -> None:
    """Refuse values that have to be different; ``what`` names one of them.

    Raises:
        ValueError: some are there more than once.
    """
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"expected each {what} once; {', '.join(twice)} is there more than once")


def _problem(error: ErrorDetails, whole: str) -> str:
    return f"{place(error) or whole}: {value_errors.words(error)}"


def place(error: ErrorDetails) -> str:
    """Return where the value stands, ``senders.0.addresses.1``; empty for the whole."""
    return ".".join(str(part) for part in error["loc"])
