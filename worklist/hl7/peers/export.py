"""The peers as a file that `peers.file` reads again."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from worklist.hl7.peers.file import PeerEntry

_MAPS = ("received_values", "sent_values")
_MOVES = ("received_moves", "sent_moves")


def as_toml(entries: Iterable[PeerEntry]) -> str:
    """Write the peers as TOML, without what is as a peer has it anyway."""
    return "\n".join("\n".join(_peer(one)) + "\n" for one in entries)


def _peer(entry: PeerEntry) -> Iterator[str]:
    values = entry.model_dump(mode="json", exclude_defaults=True)
    yield "[[peers]]"
    for key, value in values.items():
        if key not in {*_MAPS, *_MOVES}:
            yield f"{key} = {_value(value)}"
    for key in _MAPS:
        if values.get(key):
            yield ""
            yield f"[peers.{key}]"
            yield from (
                f"{_value(place)} = {_value(table)}" for place, table in values[key].items()
            )
    for key in _MOVES:
        for move in values.get(key, ()):
            yield ""
            yield f"[[peers.{key}]]"
            yield from (f"{name} = {_value(one)}" for name, one in move.items() if one is not None)


def _value(value: Any) -> str:  # noqa: ANN401 - whatever a peer's entry holds
    if isinstance(value, Mapping):
        pairs = (f"{_value(key)} = {_value(one)}" for key, one in value.items() if one is not None)
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    # JSON's strings, numbers and words are TOML's too, but for DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
