"""The DICOM side: Modality Worklist, MPPS and Instance Availability, with its server.

It reads requests and writes answers; what a request changes is done by `worklist.performing`.
"""
