"""The guidelines that the rules follow, each with year and section, named once.

What no guideline sets says so, and since when it is shipped: a department sets its own.
"""

from worklist.language.text import Text, _

_ACR_CONTRAST = "ACR Manual on Contrast Media (2024)"
_ESUR = "ESUR Guidelines on Contrast Agents 10.0 (2018)"
_SNMMI_FDG = "SNMMI and EANM guideline for FDG PET/CT 2.0 (2015)"


def _convention(about: Text) -> Text:
    return _("No guideline: a convention about %(about)s, shipped since 2026.", about=about)


ACR_CONTRAST_KIDNEY = f"{_ACR_CONTRAST}, acute kidney injury and contrast media"
ACR_CONTRAST_REACTION = f"{_ACR_CONTRAST}, patient selection and premedication"
ACR_CONTRAST_METFORMIN = f"{_ACR_CONTRAST}, metformin"
ACR_CONTRAST_PREGNANCY = f"{_ACR_CONTRAST}, pregnant patients"
ACR_CONTRAST_NSF = f"{_ACR_CONTRAST}, nephrogenic systemic fibrosis"
ACR_CONTRAST_INJECTION = f"{_ACR_CONTRAST}, injection of contrast media"
ACR_NKF = "ACR and National Kidney Foundation consensus (2020), iodinated contrast and the kidney"
ACR_PREGNANCY = (
    "ACR-SPR practice parameter, pregnant patients and ionising radiation (2023), screening"
)
ACR_MR_SAFETY = "ACR Manual on MR Safety (2024), screening and implants"
ACR_MR_PREGNANCY = "ACR Manual on MR Safety (2024), pregnant patients"
ACR_MR_ANXIETY = "ACR guidance document on MR safe practices (2013), claustrophobia and anxiety"
AIUM_PELVIS = "AIUM practice parameter, ultrasound of the female pelvis (2020), examination"
AIUM_ABDOMEN = "AIUM practice parameter, ultrasound of the abdomen (2022), patient preparation"
ASA_FASTING = "ASA practice guidelines, preoperative fasting (2017, 2023), fasting times"
ASTM_F2503 = f"ASTM F2503 (2023), MR safe, conditional and unsafe; {ACR_MR_SAFETY}"
CDC_ISOLATION = "CDC guideline for isolation precautions (2007, updated 2023), precautions"
ESUR_KIDNEY = f"{_ESUR}, renal adverse reactions"
ESUR_REACTIONS = f"{_ESUR}, general adverse reactions"
ESUR_INTERVALS = f"{_ESUR}, interval between examinations"
ESUR_THYROID = f"{_ESUR}, thyroid function"
ESUR_FASTING = "ESUR contrast media safety committee (2020), fasting before contrast"
HALF_LIVES = "NIST and DDEP half-lives (2011), table of radionuclides"
HRS = "HRS expert consensus, MR and cardiac devices (2017), recommendations for MR"
IAEA = "IAEA and WHO position on recurrent imaging (2021), monitoring"
ICRP_84 = "ICRP publication 84 (2000), pregnancy and medical radiation"
ICRP_94 = "ICRP publication 94 (2004), contact with the patient"
IEC_MR = "IEC 60601-2-33 edition 4.0 (2022), operating modes"
IMAGE_GENTLY = "Image Gently; ICRP publication 121 (2013), optimisation in children"
NCRP_147 = "NCRP report 147 (2004), structural shielding"
NRC_BREASTFEEDING = "NRC ACMUI report on nursing mothers (2018), recommendations"
# Also those that only numbers in rules.toml name: their words are marked for translation here.
PRACTICE_BARIUM = _convention(_("barium studies"))
PRACTICE_CLEANING = _convention(_("the cleaning of rooms"))
PRACTICE_CLOTTING = _convention(_("laboratory values before interventions"))
PRACTICE_HELP = _convention(_("transport and help"))
PRACTICE_IMPLANT_LIMITS = _convention(_("the limits of implants"))
PRACTICE_NO_SHOW = _convention(_("missed appointments"))
PRACTICE_ORAL_CONTRAST = _convention(_("oral contrast"))
PRACTICE_OVERRIDES = _convention(_("overrides"))
PRACTICE_PREPARATION = _convention(_("the preparation of patients"))
PRACTICE_REPEATS = _convention(_("repeated exams"))
PRACTICE_SEDATION = _convention(_("the times of sedation"))
PRACTICE_SIZE = _convention(_("large patients in the scanner"))
PRACTICE_VISIT = _convention(_("several exams in one visit"))
SIR = "SIR consensus, periprocedural bleeding risk (2019), laboratory thresholds"
SNMMI_BONE = "SNMMI guideline for bone scintigraphy 3.0 (2003), image acquisition"
SNMMI_FDG = f"{_SNMMI_FDG}, patient preparation"
SNMMI_THYROID = (
    "SNMMI guideline for thyroid scintigraphy 3.0 (2006), patient preparation; ATA (2016)"
)
USPSTF = "USPSTF recommendation, breast cancer screening (2024), ages"
VENDOR = _("The maker's data of the room's table and bore, as the catalogue has them.")
