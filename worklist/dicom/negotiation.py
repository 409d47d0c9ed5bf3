"""Accept or reject an association (PS3.8 section 9.3, PS3.7 annex D, PS3.4 section K.5).

The A-ASSOCIATE units and the choice of presentation contexts are pynetdicom's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import PYNETDICOM_IMPLEMENTATION_UID, PYNETDICOM_IMPLEMENTATION_VERSION
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RJ, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    ImplementationVersionNameNotification,
    MaximumLengthNotification,
    SCP_SCU_RoleSelectionNegotiation,
    SOPClassExtendedNegotiation,
)
from pynetdicom.presentation import build_context, negotiate_as_acceptor

from worklist.dicom.pdu import INVALID_PARAMETER, MalformedError
from worklist.dicom.sop_classes import MODALITY_WORKLIST_FIND

TRANSFER_SYNTAXES = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian)
_FUZZY = 2
# Fuzzy matching of names, timezone adjustment, empty values, multiple values: the first two
# bytes are reserved and 1 (PS3.4 section K.5.1.1).
_OFFERED = bytes([1, 1, 1, 1, 0, 1])


@dataclass(frozen=True, slots=True)
class Refusal:
    """Result, source and diagnostic of an A-ASSOCIATE-RJ (PS3.8 Table 9-21), and what to do."""

    result: int
    source: int
    diagnostic: int
    hint: str

    def encoded(self) -> bytes:
        """Return the A-ASSOCIATE-RJ."""
        primitive = A_ASSOCIATE()
        primitive.result = self.result
        primitive.result_source = self.source
        primitive.diagnostic = self.diagnostic
        unit = A_ASSOCIATE_RJ()
        unit.from_primitive(primitive)
        encoded: bytes = unit.encode()
        return encoded


CALLED_NOT_RECOGNISED = Refusal(
    1, 1, 7, "Correct the called AE title at the scanner, or set WORKLIST_AE_TITLE."
)
CALLING_NOT_RECOGNISED = Refusal(
    1, 1, 3, "Add the calling AE title as a station to the catalogue, or correct it there."
)
ADDRESS_NOT_ALLOWED = Refusal(
    1, 1, 3, "Add the scanner's address to the station's allowed addresses, or correct them."
)
CONNECTION_NOT_SAFE = Refusal(
    1, 1, 3, "The station's profile asks for TLS or for another certificate: set up the scanner."
)
CATALOGUE_NOT_READ = Refusal(
    2, 3, 1, "The database did not answer since the start: who may call is not known yet."
)
TOO_MANY_ASSOCIATIONS = Refusal(2, 3, 2, "A device may keep opening associations: find it.")


@dataclass(frozen=True, slots=True)
class Request:
    """An A-ASSOCIATE-RQ as read."""

    primitive: A_ASSOCIATE
    calling: str
    called: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """What both sides agreed on.

    ``contexts`` gives abstract and transfer syntax by presentation context ID; ``longest`` is the
    maximum length of the units that we send.
    """

    encoded: bytes
    contexts: Mapping[int, tuple[str, str]]
    longest: int
    fuzzy_names: bool


@lru_cache(maxsize=512)
def read_request(unit: bytes) -> Request:
    """Return an A-ASSOCIATE-RQ; a scanner sends the same one each time, so it is kept.

    Raises:
        MalformedError: it cannot be decoded.
    """
    try:
        decoded = A_ASSOCIATE_RQ()
        decoded.decode(unit)
        primitive = decoded.to_primitive()
        return Request(
            primitive, primitive.calling_ae_title.strip(), primitive.called_ae_title.strip()
        )
    except Exception as error:
        raise MalformedError(INVALID_PARAMETER) from error


@lru_cache(maxsize=512)
def accept(unit: bytes, sop_classes: tuple[str, ...], maximum_length: int) -> Agreement:
    """Return the acceptance of a request.

    Args:
        unit: The A-ASSOCIATE-RQ in which the peer proposes.
        sop_classes: The abstract syntaxes that are provided to it.
        maximum_length: The longest unit that we take.

    Raises:
        MalformedError: what is proposed is not a legal proposal.
    """
    try:
        return _accept(read_request(unit).primitive, sop_classes, maximum_length)
    except Exception as error:
        raise MalformedError(INVALID_PARAMETER) from error


def _accept(asked: A_ASSOCIATE, sop_classes: Iterable[str], maximum_length: int) -> Agreement:
    items = list(asked.user_information)
    roles: Any = {
        item.sop_class_uid: (item.scu_role, item.scp_role)
        for item in items
        if isinstance(item, SCP_SCU_RoleSelectionNegotiation)
    }
    supported = [build_context(one, list(TRANSFER_SYNTAXES)) for one in sop_classes]
    contexts, accepted_roles = negotiate_as_acceptor(
        asked.presentation_context_definition_list, supported, roles
    )
    extended = _extended(items)
    answer = A_ASSOCIATE()
    answer.application_context_name = asked.application_context_name
    answer.calling_ae_title = asked.calling_ae_title
    answer.called_ae_title = asked.called_ae_title
    answer.result, answer.result_source = 0, 1
    answer.presentation_context_definition_results_list = contexts
    answer.user_information = [*_ours(maximum_length), *accepted_roles, *extended]
    unit = A_ASSOCIATE_AC()
    unit.from_primitive(answer)
    return Agreement(
        encoded=unit.encode(),
        contexts={
            one.context_id or 0: (str(one.abstract_syntax), str(one.transfer_syntax[0]))
            for one in contexts
            if one.result == 0
        },
        longest=min(_longest(items) or maximum_length, maximum_length),
        fuzzy_names=any(
            (one.service_class_application_information or b"")[_FUZZY] for one in extended
        ),
    )


def _ours(maximum_length: int) -> list[Any]:
    longest = MaximumLengthNotification()
    longest.maximum_length_received = maximum_length
    implementation = ImplementationClassUIDNotification()
    implementation.implementation_class_uid = PYNETDICOM_IMPLEMENTATION_UID
    version = ImplementationVersionNameNotification()
    version.implementation_version_name = PYNETDICOM_IMPLEMENTATION_VERSION
    return [longest, implementation, version]


def _extended(items: Iterable[Any]) -> list[SOPClassExtendedNegotiation]:
    """Answer each byte that is proposed with what is supported of it."""
    answers = []
    for item in items:
        if not isinstance(item, SOPClassExtendedNegotiation):
            continue
        proposed = item.service_class_application_information or b""
        if item.sop_class_uid != MODALITY_WORKLIST_FIND or len(proposed) <= _FUZZY:
            continue
        answer = SOPClassExtendedNegotiation()
        answer.sop_class_uid = item.sop_class_uid
        answer.service_class_application_information = bytes(
            one & ours for one, ours in zip(proposed, _OFFERED, strict=False)
        )
        answers.append(answer)
    return answers


def _longest(items: Iterable[Any]) -> int:
    found = (
        int(item.maximum_length_received)
        for item in items
        if isinstance(item, MaximumLengthNotification)
    )
    return next(found, 0)
