"""Station profiles as the catalogue file writes them: ``[station_profiles.NAME]``."""

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from worklist.catalogue import worklist_attributes
from worklist.catalogue.entry import Entry
from worklist.catalogue.profiles import Connections, LeavesList, OverLimit
from worklist.language.text import _


def _matched(keyword: str) -> str:
    return worklist_attributes.checked(keyword, worklist_attributes.MATCHED)


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError as error:
        raise ValueError(_("expected an address or network such as 10.1.2.0/24")) from error


def _fingerprint(text: str) -> str:
    plain = text.replace(":", "").lower()
    if plain and not re.fullmatch(r"[0-9a-f]{64}", plain):
        raise ValueError(_("expected the SHA-256 of a certificate, 64 hexadecimal digits"))
    return plain


Keyword = Annotated[str, AfterValidator(worklist_attributes.checked)]
MatchedKeyword = Annotated[str, AfterValidator(_matched)]


class ProfileEntry(Entry):
    """A profile; see `worklist.catalogue.profiles.StationProfile` for what each line means."""

    transliterate: bool = True
    window_hours_before: Annotated[int, Field(ge=0)] | None = None
    window_hours_after: Annotated[int, Field(gt=0)] | None = None
    leaves_list: LeavesList = LeavesList.AT_START
    linger_hours: Annotated[int, Field(ge=0)] = 0
    forced_keys: dict[MatchedKeyword, str] = Field(default_factory=dict)
    left_out: tuple[Keyword, ...] = ()
    filled: dict[Keyword, str] = Field(default_factory=dict)
    addresses: tuple[Annotated[str, AfterValidator(_network)], ...] = ()
    connections: Connections = Connections.ANY
    client_certificate: Annotated[str, AfterValidator(_fingerprint)] = ""
    maximum_pdu: Annotated[int, Field(ge=4096, le=131072)] = 65536
    answer_limit: Annotated[int, Field(gt=0)] = 2000
    over_limit: OverLimit = OverLimit.PARTIAL
    strict_mpps: bool = False

    @model_validator(mode="after")
    def _lingers_some_hours(self) -> "ProfileEntry":
        if (self.leaves_list is LeavesList.HOURS_AFTER_END) != (self.linger_hours > 0):
            raise ValueError(
                _("expected linger_hours where leaves_list is hours_after_end, only there")
            )
        return self

    def fields(self) -> dict[str, object]:
        """Return the columns of the table."""
        lists = {"left_out": list(self.left_out), "addresses": list(self.addresses)}
        return self.model_dump() | lists
