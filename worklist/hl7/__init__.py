"""HL7 v2: wire, intake, mappings, acknowledgements."""
