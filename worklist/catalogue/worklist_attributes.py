"""The attributes of the Modality Worklist that a station's profile may name, by DICOM keyword.

Those of PS3.4 Table K.6-1 and of the modules that it takes in whole (PS3.3 C.2.1 to C.2.4 of the
patient, C.3.1 to C.3.4 of the visit, C.4.10 to C.4.12 of the steps).
"""

from difflib import get_close_matches

from worklist.language.text import _


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A query can be matched on these, so that a profile can force them.
MATCHED = _words(
    """
    AccessionNumber AdmissionID Allergies BodyPartExamined
    CommentsOnTheScheduledProcedureStep CurrentPatientLocation
    FillerOrderNumberImagingServiceRequest InstitutionName InstitutionalDepartmentName
    IssuerOfPatientID MedicalAlerts Modality PatientBirthDate PatientID PatientName PatientSex
    PatientSize PatientState PatientTransportArrangements PatientWeight
    PlacerOrderNumberImagingServiceRequest PreMedication PregnancyStatus
    ReasonForTheRequestedProcedure ReferringPhysicianName RequestedContrastAgent
    RequestedProcedureComments RequestedProcedureDescription RequestedProcedureID
    RequestedProcedurePriority RequestingPhysician ScheduledPerformingPhysicianName
    ScheduledProcedureStepDescription ScheduledProcedureStepID ScheduledProcedureStepLocation
    ScheduledProcedureStepStartDate ScheduledProcedureStepStartTime ScheduledProcedureStepStatus
    ScheduledStationAETitle ScheduledStationName SpecialNeeds StudyInstanceUID
    TimezoneOffsetFromUTC WorklistLabel
    """
)
_OTHERS = _words(
    """
    AdditionalPatientHistory AdmittingDate AdmittingDiagnosesCodeSequence
    AdmittingDiagnosesDescription AdmittingTime ConfidentialityCode
    ConfidentialityConstraintOnPatientDataDescription ConsultingPhysicianName
    CountryOfResidence EthnicGroup FillerOrderNumberProcedure InstitutionAddress
    InstitutionCodeSequence InstitutionalDepartmentTypeCodeSequence
    InsurancePlanIdentification IssueDateOfImagingServiceRequest
    IssueTimeOfImagingServiceRequest IssuerOfAccessionNumberSequence
    IssuerOfAdmissionIDSequence IssuerOfPatientIDQualifiersSequence LastMenstrualDate
    MedicalRecordLocator MilitaryRank NamesOfIntendedRecipientsOfResults Occupation
    OrderCallbackPhoneNumber OrderEnteredBy OrderEntererLocation OrderFillerIdentifierSequence
    OrderPlacerIdentifierSequence OtherPatientIDs OtherPatientIDsSequence OtherPatientNames
    PatientAddress PatientAge PatientBirthName PatientBirthTime
    PatientClinicalTrialParticipationSequence
    PatientComments PatientInstitutionResidence PatientInsurancePlanCodeSequence
    PatientMotherBirthName PatientPrimaryLanguageCodeSequence PatientReligiousPreference
    PatientSexNeutered PatientSpeciesDescription PatientTelephoneNumbers
    PhysiciansOfRecord PlacerOrderNumberProcedure ReasonForRequestedProcedureCodeSequence
    ReasonForTheImagingServiceRequest ReferencedPatientSequence ReferencedStudySequence
    ReferringPhysicianIdentificationSequence RegionOfResidence ReportingPriority
    RequestAttributesSequence RequestedProcedureCodeSequence RequestedProcedureLocation
    RequestingPhysicianIdentificationSequence RequestingService ResponsibleOrganization
    ResponsiblePerson ResponsiblePersonRole RouteOfAdmissions
    ScheduledPerformingPhysicianIdentificationSequence ScheduledProcedureStepEndDate
    ScheduledProcedureStepEndTime ScheduledProtocolCodeSequence ServiceEpisodeDescription
    ServiceEpisodeID SmokingStatus StudyDate StudyTime VisitComments VisitStatusID
    """
)
ALL = MATCHED | _OTHERS


def checked(keyword: str, known: frozenset[str] = ALL) -> str:
    """Return a keyword that is known.

    Raises:
        ValueError: it is not; the text names it and the nearest one that is.
    """
    if keyword in known:
        return keyword
    near = get_close_matches(keyword, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ", such as PatientWeight"
    what = "on which the worklist can match" if known is MATCHED else "of the Modality Worklist"
    raise ValueError(
        _(
            "%(keyword)s is not the DICOM keyword of an attribute %(what)s%(hint)s",
            keyword=repr(keyword),
            what=what,
            hint=hint,
        )
    )
