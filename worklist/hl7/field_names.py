"""What the standard calls the fields of a segment, version by version, for people to read."""

from functools import lru_cache

import hl7apy
from hl7apy.exceptions import UnsupportedVersion

_USUAL_VERSION = "2.5.1"
_NAME = 3  # where hl7apy's description of a field keeps the name


@lru_cache(maxsize=256)
def field_names(version: str, segment: str) -> tuple[str, ...]:
    """Return the names of a segment's fields, the first at index 0; none for a Z segment.

    A version that is not known is read as 2.5.1.
    """
    try:
        library = hl7apy.load_library(version)
    except UnsupportedVersion:
        library = hl7apy.load_library(_USUAL_VERSION)
    described = library.SEGMENTS.get(segment)
    return tuple(_readable(field[1][_NAME]) for field in described[1]) if described else ()


def _readable(name: str) -> str:
    return name.replace("_", " ").capitalize()
