"""Arrival, start, performed procedure steps and completion of exams.

Also what was given and measured: contrast and dose. The DICOM messages that report it are read in
`worklist.dicom`.
"""
