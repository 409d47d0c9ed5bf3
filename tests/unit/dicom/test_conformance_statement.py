"""What the DICOM conformance statement promises is what the program does."""

import re
import tomllib
from pathlib import Path

from pydicom.uid import UID
from pynetdicom import PYNETDICOM_IMPLEMENTATION_UID, PYNETDICOM_IMPLEMENTATION_VERSION

from config import Settings, variable
from worklist.catalogue.profile_file import ProfileEntry
from worklist.dicom import (
    availability,
    dimse,
    find,
    forwarding,
    mpps,
    negotiation,
    report_check,
    server,
    services,
    sop_classes,
    upper_layer,
)

TEXT = (Path(__file__).parents[3] / "docs" / "dicom.md").read_text(encoding="utf-8")


def section(name: str) -> str:
    """Return the text of a section, which its heading ends."""
    return re.split(r"\n#+ ", TEXT.partition(f" {name}\n")[2])[0]


def row(name: str) -> str:
    """Return the second cell of the table's row that begins so."""
    found = re.search(rf"^\| {re.escape(name)} \| (.*) \|$", TEXT, re.MULTILINE)
    assert found, name
    return found[1]


def test_every_sop_class_is_told() -> None:
    uids = {value for name, value in vars(sop_classes).items() if name.isupper() and name != "UID"}
    assert uids == set(re.findall(r"1\.2\.840\.10008\.[\d.]+\d", section("1 Overview")))


def test_transfer_syntaxes_are_told_in_the_order_of_preference() -> None:
    names = [UID(one).name for one in negotiation.TRANSFER_SYNTAXES]
    told = row("Transfer syntaxes, in order of preference").split(", ")
    assert [name.partition(":")[0] for name in names] == told


def test_the_limits_of_associations_are_told() -> None:
    assert row("Associations at once, each process").startswith(f"{services.MOST_ASSOCIATIONS};")
    assert row("Idle association") == f"aborted after {server._IDLE_SECONDS} s"
    assert row("ARTIM (time for the request)") == f"{upper_layer._REQUEST_SECONDS} s"
    limits = row("Limits")
    kibibyte = 1024
    for told in (
        f"a unit over {upper_layer._LONGEST_UNIT // kibibyte} KiB",
        f"a command over {dimse._LONGEST_COMMAND // kibibyte} KiB",
        f"a data set over {dimse.LONGEST_MESSAGE // kibibyte**2} MiB",
        f"a {upper_layer._MOST_WAITING + 1}th request",
    ):
        assert told in limits
    ours = row("Implementation class UID, version")
    assert ours.endswith(f"{PYNETDICOM_IMPLEMENTATION_UID}, {PYNETDICOM_IMPLEMENTATION_VERSION}")


def test_every_status_is_told() -> None:
    worklist = {find.PENDING, find.PENDING_WITH_UNSUPPORTED_KEYS, find.OUT_OF_RESOURCES}
    worklist |= {find.IDENTIFIER_DOES_NOT_MATCH, find.UNABLE_TO_PROCESS}
    steps = {mpps.PROCESSING_FAILURE, mpps.DUPLICATE_INSTANCE, mpps.NO_SUCH_INSTANCE}
    steps |= {report_check.INVALID_ATTRIBUTE_VALUE, report_check.MISSING_ATTRIBUTE}
    steps |= {report_check.MISSING_ATTRIBUTE_VALUE, dimse.UNRECOGNISED_OPERATION}
    notices = {availability.DUPLICATE_INSTANCE, availability.PROCESSING_FAILURE}
    notices |= {report_check.INVALID_ATTRIBUTE_VALUE, report_check.MISSING_ATTRIBUTE}
    told = {
        "3.4 Modality Worklist": worklist | {dimse.SUCCESS, dimse.CANCELLED},
        "3.5 Modality Performed Procedure Step": steps | {dimse.SUCCESS},
        "3.6 Instance Availability Notification": notices | {dimse.SUCCESS},
        "3.7 Forwarding": forwarding._NOT_AGAIN,
    }
    for heading, statuses in told.items():
        missing = {f"{one:04X}" for one in statuses if f"{one:04X}" not in section(heading)}
        assert (heading, missing) == (heading, set())


def test_every_line_of_a_stations_profile_is_told() -> None:
    example = re.search(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert example
    profile = tomllib.loads(example[1])["station_profiles"]["old_console"]
    assert set(profile) == set(ProfileEntry.model_fields)


def test_every_setting_of_dicom_is_told() -> None:
    for name in Settings.model_fields:
        if name.startswith("dicom_") and name != "dicom_port":
            short = variable(name).removeprefix("WORKLIST_DICOM")
            assert variable(name) in TEXT or f"`{short}`" in TEXT, name
