"""Words that catalogue, orders, rules, scheduling and reading share."""

from enum import StrEnum


class Contrast(StrEnum):
    """Contrast medium of a procedure."""

    NONE = "none"
    IODINATED = "iodinated"
    GADOLINIUM_GROUP_1 = "gadolinium_group_1"
    GADOLINIUM_GROUP_2 = "gadolinium_group_2"
    GADOLINIUM_GROUP_3 = "gadolinium_group_3"
    BARIUM = "barium"
    MICROBUBBLES = "microbubbles"


class ContrastRoute(StrEnum):
    """How the contrast medium is given."""

    NONE = "none"
    INTRAVENOUS = "intravenous"
    INTRA_ARTERIAL = "intra_arterial"
    ORAL = "oral"
    RECTAL = "rectal"
    INTRACAVITARY = "intracavitary"


class OperatingMode(StrEnum):
    """How far an MR exam goes with radio waves and gradients (IEC 60601-2-33).

    The second level controlled mode is for research alone. DICOM tells the mode that was reached
    as Operating Mode (0018,9178).
    """

    NORMAL = "normal"
    FIRST_LEVEL_CONTROLLED = "first_level_controlled"


class Priority(StrEnum):
    """How soon an exam is wanted, most urgent first."""

    STAT = "STAT"
    URGENT = "URGENT"
    ASAP = "ASAP"
    ROUTINE = "ROUTINE"

    @property
    def rank(self) -> int:
        """0 for STAT up to 3 for ROUTINE."""
        return list(Priority).index(self)


class PatientClass(StrEnum):
    """Where the patient comes from (HL7 table 0004)."""

    INPATIENT = "I"
    EMERGENCY = "E"
    OUTPATIENT = "O"


class Category(StrEnum):
    """How soon a finding has to be acted on (ACR Actionable Reporting Work Group, 2014).

    Its categories 1 to 3: within minutes, hours, days.
    """

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
