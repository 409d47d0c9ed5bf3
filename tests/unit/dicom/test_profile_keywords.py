"""The keywords that a station's profile may name are those of the standard and of the worklist."""

import pytest
from pydicom.datadict import keyword_for_tag, tag_for_keyword
from pydicom.tag import BaseTag

from worklist.catalogue import worklist_attributes
from worklist.dicom import matching
from worklist.dicom.attributes import SOURCES, STEP
from worklist.dicom.profile import Profile
from worklist.dicom.stations import StationList

_VALUES = {"ScheduledProcedureStepStartDate": "20261124", "ScheduledProcedureStepStartTime": "10"}


@pytest.mark.parametrize("keyword", sorted(worklist_attributes.ALL))
def test_the_standard_knows_the_keyword(keyword: str) -> None:
    assert tag_for_keyword(keyword) is not None


def test_whatever_is_answered_may_be_left_out_or_filled() -> None:
    told = {keyword_for_tag(tag) for tag in [*SOURCES, *STEP]} - {"ScheduledProcedureStepSequence"}
    assert told <= worklist_attributes.ALL


@pytest.mark.parametrize("keyword", sorted(worklist_attributes.MATCHED - {"TimezoneOffsetFromUTC"}))
def test_a_key_that_may_be_forced_is_matched(keyword: str) -> None:
    value = _VALUES.get(keyword, "19600101" if keyword == "PatientBirthDate" else "1")
    forced = Profile(forced_keys={keyword: value}).forced({}, "CT01")
    match = matching.build(forced, StationList(()), default_zone="UTC")
    tag = BaseTag(tag_for_keyword(keyword) or 0)
    assert tag in forced or tag in forced[BaseTag(0x00400100)].items[0]
    assert match.unsupported == []


def test_an_unknown_keyword_is_named_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"'PatientWieght' is not .* did you mean PatientWeight"):
        worklist_attributes.checked("PatientWieght")
