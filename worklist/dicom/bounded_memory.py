"""A bounded memory of what was made once and may be asked for again."""

from collections.abc import Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Kept(Generic[V]):
    """Keeps values by key; the oldest half is forgotten when there are too many.

    Two generations instead of an order of use: what is read again moves to the young one. Safe
    to use from several threads, since each step is one operation on a dictionary.
    """

    def __init__(self, most: int) -> None:
        self._most = most // 2
        self._young: dict[Hashable, V] = {}
        self._old: dict[Hashable, V] = {}

    def get(self, key: Hashable) -> V | None:
        """Return the value kept for the key, None where there is none."""
        value = self._young.get(key)
        if value is None:
            value = self._old.get(key)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: Hashable, value: V) -> None:
        """Keep a value."""
        if len(self._young) >= self._most:
            self._old, self._young = self._young, {}
        self._young[key] = value
