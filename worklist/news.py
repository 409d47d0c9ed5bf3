"""News for open pages on its way: a Redis stream, whose entries have positions.

Only its newest entries are of use: a page that has missed more looks again at everything.
"""

from collections.abc import Iterator
from typing import Any

import redis

_NEWS = b"news"
_MOST_KEPT = 1000
_MOST_AT_ONCE = 100


def tell(client: redis.Redis, channel: str, message: str) -> str:
    """Append news to a stream; returns the position that Redis gave it, which grows with time."""
    position: Any = client.xadd(channel, {_NEWS: message}, maxlen=_MOST_KEPT)
    return str(position.decode())


def hear(
    client: redis.Redis, channel: str, position: str, *, seconds: int
) -> Iterator[tuple[str, bytes]]:
    """Yield the news after a position, each with its own; nothing if none comes in time.

    The client has to speak version 2 of the protocol: in version 3 the answer is of another shape.
    """
    answer: Any = client.xread({channel: position}, count=_MOST_AT_ONCE, block=seconds * 1000)
    for _, entries in answer:
        for identifier, fields in entries:
            yield identifier.decode(), fields[_NEWS]
