"""For which purposes time is kept, and which of them are open to an exam."""

from collections.abc import Iterable

from worklist.vocabulary import PatientClass, Priority


def open_purposes(
    patient_class: PatientClass,
    priority: Priority,
    *,
    screening: bool,
    referrers: Iterable[str] = (),
) -> frozenset[str]:
    """Return the blocks' purposes that are open to an exam of such an order."""
    found = {str(patient_class)}
    if priority is Priority.STAT:
        found.add(PatientClass.EMERGENCY)
    if screening:
        found.add("screening")
    return frozenset(found | {f"referrer:{one}" for one in referrers if one})
