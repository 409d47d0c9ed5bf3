"""Wild card matching, and the rule by which person names match.

A person's name matches in any of the three component groups, without regard to case, accents or
how components are separated by ``^`` and blanks (PS3.4 section C.2.2.2.1 leaves this to the
implementation): ``MULLER^*`` finds ``Müller^Anna``, also where it stands in the phonetic group.
"""

import re
from collections.abc import Iterable, Sequence

from worklist.patients.names import normalise

# Also the threshold of PostgreSQL's pg_trgm, whose index narrows down the search.
RESEMBLANCE = 0.45


def is_universal(value: str) -> bool:
    """Return whether every value matches: an empty key or only ``*``."""
    return not value.strip("*")


def has_wild_card(value: str) -> bool:
    """Return whether the value holds ``*`` or ``?``."""
    return "*" in value or "?" in value


def like(pattern: str) -> str:
    r"""Return the SQL LIKE pattern (escape ``\``) of ``*`` (any characters) and ``?`` (one)."""
    escaped = re.sub(r"([\\%_])", r"\\\1", pattern)
    return escaped.replace("*", "%").replace("?", "_")


def matches(pattern: str, text: str) -> bool:
    """Return whether the whole text matches the pattern (PS3.4 section C.2.2.2.4)."""
    parts = re.split(r"([*?])", pattern)
    wild = {"*": ".*", "?": "."}
    expression = "".join(wild.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def name_matches(key: str, groups: Iterable[str]) -> bool:
    """Return whether a PN key matches a name given by its component groups.

    Each component group of the key must match one of the name's.
    """
    names = [name for name in map(normalise, groups) if name]
    return all(
        any(_group_matches(pattern, name) for name in names) for pattern in _name_patterns(key)
    )


def name_like(key: str) -> Sequence[str]:
    """Return LIKE patterns over ``Patient.search_name`` that any match fulfils."""
    return [f"%{like(pattern.replace(' *', '*'))}%" for pattern in _name_patterns(key)]


def fuzzy_name_matches(key: str, groups: Iterable[str]) -> bool:
    """Return whether a PN key resembles a name by fuzzy semantic matching (PS3.4 C.2.2.2.1.1).

    Each word of the key must resemble a word of the name, in whatever component or order:
    ``MUELLER^ANA`` finds ``Müller^Anna``. Two words resemble each other that have in common 45 of
    100 of their trigrams. A key with wild cards matches as without fuzzy matching.
    """
    if has_wild_card(key):
        return name_matches(key, groups)
    words = {word for group in groups for word in normalise(group).split()}
    return all(any(_resembles(word, other) for other in words) for word in fuzzy_words(key))


def fuzzy_words(key: str) -> list[str]:
    """Return the words of a PN key as they are compared."""
    return [word for group in key.split("=") for word in normalise(group).split()]


def _resembles(word: str, other: str) -> bool:
    one, two = _trigrams(word), _trigrams(other)
    return len(one & two) >= RESEMBLANCE * len(one | two)


def _trigrams(word: str) -> set[str]:
    """Return the trigrams of a word as PostgreSQL's pg_trgm makes them."""
    padded = f"  {word} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}


def _group_matches(pattern: str, name: str) -> bool:
    # Trailing components that are empty are left out: "SMITH^*" finds "SMITH" too.
    return matches(pattern, name) or (
        pattern.endswith(" *") and matches(pattern.removesuffix(" *"), name)
    )


def _name_patterns(key: str) -> list[str]:
    groups = [group for group in key.split("=") if not is_universal(group.strip())]
    return [("* " if group.startswith("^") else "") + normalise(group) for group in groups]
