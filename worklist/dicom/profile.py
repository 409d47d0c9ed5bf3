"""How one station wants to be served, as the server uses it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from pydicom.datadict import dictionary_has_tag, dictionary_VR, tag_for_keyword
from pydicom.tag import BaseTag

from worklist import transport
from worklist.catalogue.profiles import Connections, LeavesList, OverLimit, StationProfile
from worklist.dicom.attributes import STEP
from worklist.dicom.identifier import Key, Query

_STEP_SEQUENCE = BaseTag(0x00400100)
_OWN_TITLE = "{calling}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A station's profile; see `worklist.catalogue.profiles.StationProfile`."""

    transliterate: bool = True
    window_hours_before: int | None = None
    window_hours_after: int | None = None
    leaves_list: LeavesList = LeavesList.AT_START
    linger_hours: int = 0
    forced_keys: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    filled: Mapping[str, str] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    connections: Connections = Connections.ANY
    client_certificate: str = ""
    maximum_pdu: int = 65536
    answer_limit: int = 2000
    over_limit: OverLimit = OverLimit.PARTIAL
    strict_mpps: bool = False

    @classmethod
    def of(cls, row: StationProfile) -> Self:
        """Return the profile of a row."""
        values = {name: getattr(row, name) for name in cls.__dataclass_fields__}
        values |= {"left_out": tuple(row.left_out), "addresses": tuple(row.addresses)}
        return cls(**values)

    def admits(self, address: str) -> bool:
        """Return whether the station may call from an address."""
        return transport.is_allowed(address, self.addresses)

    def trusts(self, certificate: str | None, *, encrypted: bool) -> bool:
        """Return whether a connection is as safe as it has to be.

        Args:
            certificate: The SHA-256 of the peer's certificate, None where it showed none.
            encrypted: Whether the connection is TLS.
        """
        if self.connections is Connections.TLS and not encrypted:
            return False
        return not self.client_certificate or self.client_certificate == certificate

    def forced(self, query: Query, calling: str) -> Query:
        """Return the query with the forced keys in the place of what was asked."""
        query = dict(query)
        for keyword, value in self.forced_keys.items():
            tag = BaseTag(tag_for_keyword(keyword) or 0)
            if not dictionary_has_tag(tag):  # stored before keywords were checked
                continue
            values = tuple(value.replace(_OWN_TITLE, calling).split("\\"))
            key = Key(tag, keyword, dictionary_VR(tag), values)
            if tag in STEP:
                step = query.get(_STEP_SEQUENCE)
                item = dict(step.items[0]) if step and step.items else {}
                item[tag] = key
                query[_STEP_SEQUENCE] = Key(
                    _STEP_SEQUENCE, "ScheduledProcedureStepSequence", "SQ", items=(item,)
                )
            else:
                query[tag] = key
        return query
