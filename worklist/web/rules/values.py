"""Threshold values as a person types them."""

import json
import tomllib
from typing import Any

from worklist.errors import DomainError
from worklist.language.text import _
from worklist.rules.parameters import Parameter


def written(value: Any) -> str:  # noqa: ANN401 - whatever JSON can hold
    """Return a value as it is typed: ``35``, ``yes``, ``12:00``, ``{ CT = 7 }``, ``[2, 4]``."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value.removesuffix(":00") if value.count(":") > 1 else value
    if isinstance(value, float):
        return f"{value:g}"
    return _toml(value)


def _toml(value: Any) -> str:  # noqa: ANN401 - whatever TOML can hold
    if isinstance(value, dict):
        pairs = ", ".join(f"{json.dumps(key)} = {_toml(one)}" for key, one in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(one) for one in value)}]"
    return f"{value:g}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def read(parameter: Parameter, text: str) -> Any:  # noqa: ANN401 - whatever TOML can hold
    """Return the value that was typed for a threshold, as JSON holds it.

    Raises:
        DomainError: it cannot be read; the text shows how such a value is written.
    """
    text = text.strip()
    if isinstance(parameter.value, str):
        return text
    if isinstance(parameter.value, bool):
        if text not in {"yes", "no"}:
            raise DomainError(
                _("%(name)s: write yes or no, not %(text)s.", name=parameter.name, text=repr(text))
            )
        return text == "yes"
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as error:
        example = written(parameter.value)
        raise DomainError(
            _(
                "%(name)s: %(text)s cannot be read; write it as %(example)s.",
                name=parameter.name,
                text=repr(text),
                example=example,
            )
        ) from error
