"""DICOM: modality worklist, performed procedure steps, server."""
