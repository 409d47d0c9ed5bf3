"""Who is sent for what, and why: the case mix of the simulated hospital.

The shares are those of a typical mid-size hospital. Procedures are those of the demonstration's
catalogue by their codes (CPT); one that is not named here may be asked of anybody.
"""

import random
from dataclasses import dataclass

from worklist.catalogue.procedure_file import ProcedureEntry
from worklist.vocabulary import PatientClass

MODALITY_SHARES = {
    "DX": 45.0, "CT": 20.0, "US": 16.0, "MR": 9.0, "MG": 6.0, "NM": 1.0, "PT": 1.0, "RF": 1.0,
    "XA": 1.0,
}  # fmt: skip
# What is arranged days before: radiographs are mostly taken on the day.
SHARES_OF_APPOINTMENTS = {
    "DX": 4.0, "CT": 14.0, "US": 20.0, "MR": 34.0, "MG": 12.0, "NM": 5.0, "PT": 5.0, "RF": 3.0,
    "XA": 3.0,
}  # fmt: skip
# How often of its modality, where the others are 1.
_SHARES = {
    "71046": 14.0, "71045": 10.0, "74018": 2.0, "73562": 3.0, "73130": 2.0, "73630": 2.0,
    "72170": 2.0, "73502": 2.0, "70030": 0.3, "77072": 0.3, "77080": 1.5,
    "70450": 8.0, "74177": 6.0, "71260": 4.0, "71275": 3.0, "74176": 3.0, "70496": 2.0,
    "74263": 0.5, "77012": 0.5,
    "70551": 3.0, "70553": 3.0, "72148": 3.0, "73721": 3.0, "70552": 0.3, "75561": 0.5,
    "76700": 5.0, "93970": 3.0, "76770": 2.0,
    "77067": 5.0, "77066": 2.0,
    "78815": 5.0, "78306": 3.0,
}  # fmt: skip
# What can wait, and so is never asked for in an emergency room or on a ward.
_PLANNED = frozenset({
    "70030", "77072", "77080", "74270", "74455", "74740", "73040", "75574",
    "73721", "73221", "72197", "77049", "75561", "70552", "76805", "76642", "77066", "19081",
    "78815", "78608", "78814", "78014",
})  # fmt: skip
# What an emergency room does not ask for either, though a ward may.
_NOT_IN_AN_EMERGENCY = frozenset({
    "70486", "70470", "74178", "77012", "70553", "72158", "74183", "74181", "76536", "76830",
    "76942", "93880", "74240", "74220", "78306", "78452", "78226", "78708", "36561", "37243",
    "36573",
})  # fmt: skip
_AGES = {
    "77072": (5, 15),
    "77080": (55, 88),
    "74455": (1, 12),
    "77067": (42, 73),
    "71271": (52, 78),
    "74263": (50, 74),
    "75574": (38, 79),
    "78814": (58, 86),
    "78608": (45, 84),
    "76830": (18, 70),
    "76805": (20, 41),
    "74740": (24, 41),
    "70030": (19, 66),
}
_OF_WOMEN = frozenset({"UTERUS", "BREAST"})
_WOMENS_PROCEDURES = frozenset({"76830"})
_OF_MEN = frozenset({"PROSTATE"})
_AGES_BY_PART = {"UTERUS": (20, 41), "BREAST": (32, 79), "PROSTATE": (52, 80)}
_ADULTS = (18, 92)
_CHILDREN = (1, 15)
_SHARE_OF_CHILDREN = 0.08
_CHILDRENS_PARTS = frozenset(
    {"CHEST", "ABDOMEN", "HAND", "FOOT", "KNEE", "HIP", "SHOULDER", "HEAD", "BRAIN", "KIDNEY"}
)

_REASONS_BY_PROCEDURE = {
    "70030": ("Metal worker, before an MR",),
    "77072": ("Small for the age",),
    "77080": ("Bone loss, treated for two years", "Broken wrist after a small fall"),
    "74455": ("Second urinary infection this year",),
    "74740": ("Wish for a child for two years",),
    "76805": ("20th week",),
    "77066": ("Lump in the left breast", "Follow-up after six months"),
    "76642": ("Lump in the left breast", "Dense breasts, after mammography"),
    "19081": ("New microcalcifications on the right",),
    "77049": ("High risk by family history", "Before breast surgery"),
    "78815": ("Lung cancer, staging", "Lymphoma, response to treatment"),
    "78306": ("Prostate cancer, staging", "Bone pain, breast cancer"),
    "78014": ("Low TSH, nodule on the left",),
    "78582": ("Short of breath, kidneys too weak for contrast",),
    "75574": ("Chest pain on exertion", "Family history, chest pain"),
    "93970": ("Swollen calf since yesterday", "Swollen leg after an operation"),
    "70496": ("Sudden weakness on one side", "Cannot speak since this morning"),
    "71275": ("Short of breath, pulmonary embolism?", "Chest pain and fast pulse"),
    "36561": ("Before chemotherapy",),
    "36573": ("Antibiotics for six weeks",),
    "70552": ("Seizures, cannot lie still",),
}
_REASONS_BY_PART = {
    "CHEST": ("Cough and fever for five days", "Short of breath", "Before an operation"),
    "HEAD": ("Fall, headache since", "Confused since the morning", "Worst headache ever"),
    "BRAIN": ("Seizure for the first time", "Dizziness, tumour?", "Memory loss"),
    "ABDOMEN": ("Pain in the right lower belly", "Jaundice", "Weight loss, cause unknown"),
    "LSPINE": ("Back pain into the left leg", "Numbness of the right foot"),
    "CSPINE": ("Neck pain after a car crash", "Tingling in both hands"),
    "KIDNEY": ("Pain in the left flank, stone?", "Creatinine rising"),
    "PELVIS": ("Pain in the lower belly", "Irregular bleeding"),
    "HIP": ("Fall at home, cannot stand", "Pain when walking"),
    "KNEE": ("Twisted at football", "Pain on the inner side for months"),
    "HAND": ("Caught in a door", "Morning stiffness"),
    "FOOT": ("Twisted on the stairs", "Pain under the heel"),
    "SHOULDER": ("Fall on the arm", "Cannot lift the arm"),
    "PROSTATE": ("PSA 8.2, rising",),
    "HEART": ("Chest pain on exertion", "Weak heart, cause unknown"),
    "THYROID": ("Nodule felt", "Follow-up of a nodule"),
    "NECK": ("Before heart surgery", "Short loss of vision"),
    "SINUS": ("Blocked nose for three months",),
    "STOMACH": ("Reflux, before an operation",),
    "ESOPHAGUS": ("Food gets stuck",),
    "COLON": ("Change of bowel habit",),
}
_SCREENING_REASON = "Screening"
_OTHER_REASONS = ("Follow-up", "Before an operation")


@dataclass(frozen=True, slots=True)
class Group:
    """Whom a patient is drawn from: ages in years with both ends; no sex is either."""

    ages: tuple[int, int]
    sex: str | None = None


def share(procedure: ProcedureEntry) -> float:
    """Return how often the procedure is asked for, beside others of its modality."""
    return _SHARES.get(procedure.code, 1.0)


def is_asked_of(procedure: ProcedureEntry, patient_class: PatientClass) -> bool:
    """Return whether such a patient is sent for it: nobody is screened on a ward."""
    if patient_class is PatientClass.OUTPATIENT:
        return True
    if procedure.screening or procedure.code in _PLANNED:
        return False
    emergency = patient_class is PatientClass.EMERGENCY
    return not (emergency and procedure.code in _NOT_IN_AN_EMERGENCY)


def group(procedure: ProcedureEntry, rng: random.Random) -> Group:
    """Return who has this procedure; now and then a child, where children have it."""
    code, part = procedure.code, procedure.body_part
    ages = _AGES.get(code) or _AGES_BY_PART.get(part)
    if part in _OF_WOMEN or code in _WOMENS_PROCEDURES:
        return Group(ages or _ADULTS, "F")
    if part in _OF_MEN:
        return Group(ages or _ADULTS, "M")
    if ages:
        return Group(ages)
    may_be_child = part in _CHILDRENS_PARTS and not procedure.screening
    if may_be_child and rng.random() < _SHARE_OF_CHILDREN:
        return Group(_CHILDREN)
    return Group(_ADULTS)


def reason(procedure: ProcedureEntry, rng: random.Random) -> str:
    """Return why the referrer asks for it."""
    if procedure.screening:
        return _SCREENING_REASON
    reasons = _REASONS_BY_PROCEDURE.get(procedure.code)
    return rng.choice(reasons or _REASONS_BY_PART.get(procedure.body_part, _OTHER_REASONS))
