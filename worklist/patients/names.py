"""Person names: DICOM PN on the inside, one normal form for searching."""

import unicodedata

_WITHOUT_DECOMPOSITION = str.maketrans(
    {"ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "æ": "ae", "Æ": "ae", "œ": "oe"}
)


def normalise(*names: str) -> str:
    """Return one string to search in: lower case, no accents, components separated by spaces.

    Each name is a component group of a DICOM PN (PS3.5 section 6.2.1.2).
    """
    text = " ".join(" ".join(name.replace("^", " ").split()) for name in names if name)
    folded = unicodedata.normalize("NFKD", text.translate(_WITHOUT_DECOMPOSITION)).casefold()
    return "".join(one for one in folded if not unicodedata.combining(one))


def display(name: str) -> str:
    """Return ``Family, Given Middle`` of a PN component group, for pages."""
    family, given, middle, *_ = [*name.split("^"), "", "", ""]
    return ", ".join(part for part in (family, f"{given} {middle}".strip()) if part)


def from_display(name: str) -> str:
    """Return a PN component group from ``Given Middle Family``: the last word is the family."""
    *given, family = name.split() or [""]
    return "^".join([family, *given[:1], " ".join(given[1:])]).rstrip("^")
