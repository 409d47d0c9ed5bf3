"""HL7 FHIR R4 (4.0.1): read and search, and booking an appointment."""
