"""Bundles of type searchset (R4 section 2.36)."""

from collections.abc import Sequence

from worklist.fhir.asked import Asked
from worklist.fhir.elements import Json, without_empty


def searchset(
    asked: Asked,
    matches: Sequence[Json],
    *,
    included: Sequence[Json] = (),
    following: str | None = None,
    total: int | None = None,
) -> Json:
    """Return a page of what was found; ``following`` is the address of the next one.

    Without matches there is no entry, for no array is empty (R4 section 2.6.2).
    """
    base = asked.address.rpartition("/")[0]
    links = [("self", asked.itself)]
    if following is not None:
        links.append(("next", following))
    return without_empty(
        resourceType="Bundle",
        type="searchset",
        total=total,
        link=[{"relation": relation, "url": url} for relation, url in links],
        entry=[
            {
                "fullUrl": f"{base}/{one['resourceType']}/{one['id']}",
                "resource": one,
                "search": {"mode": mode},
            }
            for mode, several in (("match", matches), ("include", included))
            for one in several
        ],
    )


def counted(asked: Asked, total: int) -> Json:
    """Return a Bundle that only says how many match (R4 section 3.1.1.5.3)."""
    return searchset(asked, (), total=total)
