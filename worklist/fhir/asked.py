"""What a search asks for beside its filters: how many, in which order, with what (R4 3.1.1.5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from worklist.fhir.errors import invalid
from worklist.fhir.parameters import whole_number
from worklist.language.text import _

DEFAULT_COUNT = 50
MOST = 200
_TOTALS = {"none": False, "estimate": True, "accurate": True}
_SUMMARIES = {"false": False, "count": True}
# These choose how the answer is written; what is found does not depend on them.
_FORMATS = frozenset({"_format", "_pretty"})
_CONTROL = frozenset({"_count", "_after", "_total", "_summary", "_sort", "_include", *_FORMATS})

Query = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as it was asked for at ``address``.

    ``filters`` must all match. ``count`` resources a page, those behind ``after``, by ``sort``
    (backwards where it begins with a minus). With ``total`` all that match are counted, with
    ``only_count`` nothing else is told. ``includes`` are the names of references as in
    ``Appointment:patient``.
    """

    address: str
    query: Query
    filters: Query
    count: int
    after: str
    sort: str
    total: bool
    only_count: bool
    includes: tuple[str, ...]

    @classmethod
    def of(cls, query: Query, *, address: str) -> "Asked":
        """Read the parameters.

        Raises:
            FhirError: one of those that are not filters cannot be read.
        """
        values = dict(query)
        count = whole_number(values.get("_count", str(DEFAULT_COUNT)))
        if count is None:
            raise invalid(_("%(name)s is a whole number.", name="_count"))
        only_count = _one_of(_SUMMARIES, "_summary", values.get("_summary", "false"))
        return cls(
            address=address,
            query=query,
            filters=[pair for pair in query if pair[0] not in _CONTROL],
            count=min(count, MOST),
            after=values.get("_after", ""),
            sort=values.get("_sort", ""),
            total=_one_of(_TOTALS, "_total", values.get("_total", "none")),
            only_count=only_count or count == 0,
            includes=tuple(value for name, value in query if name == "_include"),
        )

    @property
    def itself(self) -> str:
        """The address of this search."""
        return self.located(self.query)

    def following(self, after: str) -> str:
        """Return the address of the page behind ``after``."""
        return self.located(
            [*(pair for pair in self.query if pair[0] != "_after"), ("_after", after)]
        )

    def located(self, query: Query) -> str:
        """Return the address of such a search with other parameters."""
        return f"{self.address}?{urlencode(query)}" if query else self.address


def _one_of(known: dict[str, bool], name: str, value: str) -> bool:
    if value not in known:
        given = f"{name}={value}"
        listed = ", ".join(known)
        raise invalid(
            _("%(given)s is not supported: it is one of %(known)s.", given=given, known=listed)
        )
    return known[value]
