"""The address of a site's image viewer."""

import pytest

from worklist.catalogue.viewer import check_template, viewer_url

OHIF = "https://viewer.example/viewer?StudyInstanceUIDs={study_instance_uid}"
WEASIS = "weasis://?$dicom:rs+--studyUID={study_instance_uid}+-a={accession_number}+-p={patient_id}"


@pytest.mark.parametrize("template", ["", OHIF, WEASIS, "http://10.0.0.5/study"])
def test_addresses_of_viewers_are_taken(template: str) -> None:
    assert check_template(template) == template


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("/viewer", "expected an address"),
        ("javascript://viewer/%0aalert(1)", "expected an address"),
        ("JavaScript://viewer/%0aalert(1)", "expected an address"),
        ("java\nscript://viewer/%0aalert(1)", "expected an address"),
        (" javascript://viewer/%0aalert(1)", "expected an address"),
        ("file:///etc/passwd", "expected an address"),
        ("blob:https://viewer/1", "expected an address"),
        ("view-source:https://viewer/", "expected an address"),
        ("data:text/html,<script>alert(1)</script>", "expected an address"),
        ("https://viewer/a b", "expected an address"),
        ("https://viewer/{name}", "'name' is not one"),
        ("https://viewer/{patient_id.__class__}", "'patient_id.__class__' is not one"),
        ("https://viewer/{patient_id:999999999}", "'patient_id:999999999' is not one"),
        ("https://viewer/{patient_id:d}", "'patient_id:d' is not one"),
        ("https://viewer/{patient_id!x}", "'patient_id!x' is not one"),
        ("https://viewer/{patient_id", "closed by a }"),
    ],
)
def test_what_is_no_address_is_told(template: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        check_template(template)


def test_values_are_percent_encoded() -> None:
    url = viewer_url(
        "weasis://?u={study_instance_uid}&a={accession_number}&p={patient_id}",
        study_instance_uid="1.2.3",
        accession_number="A 1/2",
        patient_id="P&1",
    )
    assert url == "weasis://?u=1.2.3&a=A%201%2F2&p=P%261"
