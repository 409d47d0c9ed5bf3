"""The Identifier of a query, from bytes."""

from io import BytesIO

import pytest
from pydicom import Dataset
from pydicom.tag import BaseTag, Tag
from pynetdicom.dsutils import decode, encode

from worklist.dicom import identifier
from worklist.dicom.identifier import IdentifierError


def sent(dataset: Dataset, *, implicit: bool = True) -> Dataset:
    """The data set as it arrives: encoded and decoded."""
    encoded = encode(dataset, implicit, True)  # noqa: FBT003 - little endian
    assert encoded is not None
    return decode(BytesIO(encoded), is_implicit_vr=implicit, is_little_endian=True)


@pytest.mark.parametrize("implicit", [True, False])
def test_keys_and_values(*, implicit: bool) -> None:
    step = Dataset()
    step.Modality = "CT"
    step.ScheduledStationAETitle = ""
    dataset = Dataset()
    dataset.PatientName = "Smith^*"
    dataset.PatientID = None
    dataset.StudyInstanceUID = ["1.2.3", "1.2.4"]
    dataset.PregnancyStatus = None
    dataset.ScheduledProcedureStepSequence = [step]
    query = identifier.read(sent(dataset, implicit=implicit))
    assert query[Tag("PatientName")].values == ("Smith^*",)
    assert query[Tag("PatientID")].universal
    assert query[Tag("StudyInstanceUID")].values == ("1.2.3", "1.2.4")
    assert query[Tag("PregnancyStatus")].universal
    inner = query[Tag("ScheduledProcedureStepSequence")].items[0]
    assert inner[Tag("Modality")].values == ("CT",)
    assert inner[Tag("ScheduledStationAETitle")].universal


@pytest.mark.parametrize("character_set", ["ISO_IR 100", "ISO_IR 192"])
def test_text_is_decoded_by_its_character_set(character_set: str) -> None:
    dataset = Dataset()
    dataset.SpecificCharacterSet = character_set
    dataset.PatientName = "Müller*"
    dataset.PatientID = "É1"
    query = identifier.read(sent(dataset))
    assert query[Tag("PatientName")].values == ("Müller*",)
    assert query[Tag("PatientID")].values == ("É1",)


def test_padding_is_not_part_of_a_value() -> None:
    dataset = Dataset()
    dataset.PatientID = " 42 "
    dataset.AccessionNumber = "A1"
    assert identifier.read(sent(dataset))[Tag("PatientID")].values == ("42",)


def test_a_query_retrieve_level_is_no_key() -> None:
    dataset = Dataset()
    dataset.QueryRetrieveLevel = "WORKLIST"
    dataset.PatientID = ""
    assert set(identifier.read(sent(dataset))) == {Tag("PatientID")}


def test_an_empty_identifier_is_refused() -> None:
    with pytest.raises(IdentifierError, match="no key"):
        identifier.read(Dataset())


def test_a_private_key_keeps_its_tag() -> None:
    dataset = Dataset()
    dataset.add_new(0x00091010, "LO", "secret")
    dataset.PatientID = ""
    key = identifier.read(sent(dataset))[Tag(0x0009, 0x1010)]
    assert key.keyword == ""
    assert not key.universal


def test_a_binary_number_is_read_and_a_zero_is_no_value() -> None:
    for number, expected in ((3, ("3",)), (0, ())):
        dataset = Dataset()
        dataset.PregnancyStatus = number
        for little_endian in (True, False):
            data = encode(dataset, False, little_endian) or b""  # noqa: FBT003 - explicit VR
            read = identifier.read(
                decode(BytesIO(data), is_implicit_vr=False, is_little_endian=little_endian)
            )
            assert read[BaseTag(0x001021C0)].values == expected
