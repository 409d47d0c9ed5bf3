"""The peers' file: TOML, checked strictly; what is wrong is told with its place.

``[[peers]]`` begins each peer. Nothing in it is code: values are mapped by tables, fields are
moved by naming where from and where to.
"""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from worklist import toml_file
from worklist.errors import DomainError
from worklist.hl7 import character_sets
from worklist.hl7.order_control import OrderAction
from worklist.hl7.peers.models import (
    AcknowledgementProfile,
    Direction,
    MessageChoice,
    OrderMessage,
    ProcedureMessage,
)
from worklist.language import value_errors
from worklist.language.text import _


class PeerFileError(DomainError):
    """The peers' file is wrong; the text says where and what is expected."""


class PeerError(PeerFileError):
    """A peer is not as it has to be; ``problems`` are what is wrong at each place.

    A place is ``host``, ``senders.0.addresses.1`` or ``received_values.OBR-24``.
    """

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(f"{place}: {text}" for place, text in problems.items()) + ".")
        self.problems = problems


def _together(field: str, text: str) -> PydanticCustomError:
    """Return the error of a field that does not go with others."""
    return PydanticCustomError("peer", "{text}", {"field": field, "text": text})


def _character_sets(names: str) -> str:
    """Return the repetitions as table 0211 writes them."""
    names = "~".join(one.strip() for one in names.upper().split("~"))
    for name in character_sets.split(names):
        if name not in character_sets.KNOWN:
            known = ", ".join(character_sets.KNOWN)
            raise ValueError(
                _("expected a character set of HL7 table 0211: %(known)s", known=known)
            )
    return names


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value, strict=False))
    except ValueError as error:
        raise ValueError(_("expected an IP address or network such as 10.1.0.0/16")) from error


def _changeable(place: str) -> str:
    if re.fullmatch(r"MSH-[12](\..*)?", place):
        raise ValueError(_("expected another field: MSH-1 and MSH-2 are the delimiters"))
    return place


CharacterSets = Annotated[str, AfterValidator(_character_sets), Field(max_length=32)]
Place = Annotated[
    str,
    Field(pattern=r"^[A-Z][A-Z0-9]{2}-[1-9]\d?(\.[1-9]\d?){0,2}$"),
    AfterValidator(_changeable),
]
ControlKey = Annotated[str, Field(pattern=r"^[A-Z]{2}(_[A-Z]{0,2})?$")]
Text = Annotated[str, Field(max_length=227)]
FileName = Annotated[str, Field(max_length=500)]
ValueMaps = dict[Place, dict[str, str]]


def _host(value: str) -> str:
    if any(one in "/\\@?#" or one.isspace() for one in value):
        raise ValueError(_("expected a host's name or address alone, such as his.hospital.example"))
    return value


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)


class Sender(_Entry):
    """Who may speak for the peer: MSH-3, MSH-4 and network address; what is empty is any."""

    application: Text = ""
    facility: Text = ""
    addresses: tuple[Annotated[str, AfterValidator(_network)], ...] = ()


class Move(_Entry):
    """Put into ``target`` what stands in ``source``, or the fixed ``value``.

    A source is copied, and emptied where ``take`` is true. An empty source changes nothing.
    """

    target: Place
    source: Place | None = None
    value: str | None = None
    take: bool = False

    @model_validator(mode="after")
    def _one_origin(self) -> "Move":
        if (self.source is None) == (self.value is None):
            raise ValueError(_("expected either source or value"))
        if self.take and self.source is None:
            raise ValueError(_("expected take only with source"))
        return self


class PeerEntry(_Entry):
    """One peer as the file and the page have it.

    Attributes:
        name: How it is called here, for ever: the outbox and the trail name it so.
        host, port: Where it listens for MLLP; or
        url: where it takes messages over HTTP. ``token_file`` holds the bearer token.
        tls: Speak TLS over MLLP; ``tls_ca_file`` names who may sign the peer's certificate (the
            system's authorities where empty), the certificate and key files prove who we are.
        version, character_set: MSH-12 and MSH-18 of what is sent to it; several sets, such as
            ``~ISO IR87``, are written with ISO 2022 escape sequences.
        assumed_character_set: That of received messages whose MSH-18 is empty; of several, such as
            ``UNICODE UTF-8~8859/1``, the first that the bytes fit.
        application, facility: MSH-5 and MSH-6 of what is sent; ``own_`` are MSH-3 and MSH-4.
        senders: Who may send as this peer; none is nobody.
        acknowledgement: What it wants as an answer to its orders.
        sends: What it is told of.
        placer_issuers: Whose orders it is told of, by the issuer of the placer's order number
            (ORC-2.2, else MSH-4); none is everybody's.
        order_control: ``NW`` or ``NW_SC`` (ORC-1, or ORC-1 and ORC-5) to what happens.
        received_values, sent_values: ``OBR-24`` to a table of values, applied first.
        received_moves, sent_moves: Fields moved or set, in this order.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    description: Annotated[str, Field(max_length=200)] = ""
    direction: Direction
    host: Annotated[str, Field(max_length=253), AfterValidator(_host)] = ""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    url: Annotated[str, Field(max_length=500, pattern=r"^(https?://\S+)?$")] = ""
    tls: bool = False
    tls_ca_file: FileName = ""
    tls_certificate_file: FileName = ""
    tls_key_file: FileName = ""
    token_file: FileName = ""
    timeout_seconds: Annotated[int, Field(ge=1, le=60)] = 10
    version: Literal["2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8"] = "2.5.1"
    character_set: CharacterSets = "UNICODE UTF-8"
    assumed_character_set: CharacterSets = "ASCII"
    processing_id: Literal["P", "T", "D"] = "P"
    application: Text = ""
    facility: Text = ""
    own_application: Text = "WORKLIST"
    own_facility: Text = ""
    acknowledgement: AcknowledgementProfile = AcknowledgementProfile.ACK
    sends: tuple[MessageChoice, ...] = ()
    placer_issuers: tuple[Annotated[str, Field(max_length=64)], ...] = ()
    order_message: OrderMessage = OrderMessage.OMG
    procedure_message: ProcedureMessage = ProcedureMessage.OMI
    senders: tuple[Sender, ...] = ()
    order_control: dict[ControlKey, OrderAction] = Field(default_factory=dict)
    received_values: ValueMaps = Field(default_factory=dict)
    received_moves: tuple[Move, ...] = ()
    sent_values: ValueMaps = Field(default_factory=dict)
    sent_moves: tuple[Move, ...] = ()

    @property
    def is_sent_to(self) -> bool:
        """Whether messages go to this peer."""
        return self.direction is not Direction.INBOUND

    @property
    def is_received_from(self) -> bool:
        """Whether messages come from this peer."""
        return self.direction is not Direction.OUTBOUND

    @property
    def version_numbers(self) -> tuple[int, ...]:
        """The version as numbers, to compare."""
        return tuple(int(part) for part in self.version.split("."))

    @property
    def assumed_character_sets(self) -> list[str]:
        """What `decode` tries, in turn, for a received message whose MSH-18 is empty."""
        return [*filter(None, self.assumed_character_set.split("~"))] or ["ASCII"]

    @field_validator("sends")
    @classmethod
    def _each_once(cls, sends: tuple[MessageChoice, ...]) -> tuple[MessageChoice, ...]:
        if MessageChoice.ACKNOWLEDGEMENT in sends:
            raise ValueError(_("expected no acknowledgement: a message asks for it (MSH-16)"))
        return tuple(dict.fromkeys(sends))

    @model_validator(mode="after")
    def _can_be_reached(self) -> "PeerEntry":
        if self.url and (self.host or self.port):
            raise _together("url", _("expected host and port, or url, not both"))
        if self.is_sent_to and not self.url and not (self.host and self.port):
            missing = "port" if self.host else "host"
            raise _together(missing, _("expected host and port, or url, of a peer that is sent to"))
        if bool(self.tls_certificate_file) != bool(self.tls_key_file):
            missing = "tls_key_file" if self.tls_certificate_file else "tls_certificate_file"
            raise _together(missing, _("expected tls_certificate_file and tls_key_file together"))
        return self

    @model_validator(mode="after")
    def _version_has_the_messages(self) -> "PeerEntry":
        if not self.is_sent_to:
            return self
        # OMG came with 2.4, OMI with 2.5.
        about_orders = {choice for choice in self.sends if choice.startswith("order_")}
        if about_orders and self.order_message == "OMG" and self.version_numbers < (2, 4):
            expected = _(
                "expected order_message = 'ORM' with version %(version)s", version=self.version
            )
            raise _together("order_message", expected)
        procedures = MessageChoice.PROCEDURE in self.sends
        if procedures and self.procedure_message == "OMI" and self.version_numbers < (2, 5):
            expected = _(
                "expected procedure_message = 'ORM' with version %(version)s", version=self.version
            )
            raise _together("procedure_message", expected)
        return self


class PeerFile(_Entry):
    """A whole file."""

    peers: tuple[PeerEntry, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> "PeerFile":
        toml_file.require_each_once("name", [one.name for one in self.peers])
        return self


def read(path: Path) -> PeerFile:
    """Read and check a peers' file.

    Raises:
        PeerFileError: it cannot be read, is not TOML, or a value is not what is expected.
    """
    return toml_file.read_as(path, PeerFile, PeerFileError, "the whole peer")


def check(values: dict[str, Any]) -> PeerEntry:
    """Check one peer as a page sends it.

    Raises:
        PeerError: values are not what is expected.
    """
    try:
        return PeerEntry.model_validate(values)
    except ValidationError as error:
        problems: dict[str, str] = {}
        for one in error.errors():
            place = toml_file.place(one) or _field(one)
            problems.setdefault(place.removesuffix(".[key]"), value_errors.words(one))
        raise PeerError(problems) from error


def _field(error: ErrorDetails) -> str:
    return str(error.get("ctx", {}).get("field", "name"))
