"""What the DICOM server counts for Prometheus."""

from prometheus_client import Counter, Histogram

ASSOCIATIONS_REJECTED = Counter(
    "worklist_dicom_associations_rejected", "Associations refused at the door"
)
FINDS = Counter("worklist_dicom_finds", "Modality Worklist queries", ["outcome"])
ANSWERS = Counter("worklist_dicom_answers", "Worklist entries sent")
FIND_SECONDS = Histogram(
    "worklist_dicom_find_seconds",
    "Time from a query to its last answer",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
PERFORMED_STEPS = Counter(
    "worklist_dicom_performed_steps", "MPPS messages", ["operation", "outcome"]
)
AVAILABILITY_NOTICES = Counter(
    "worklist_dicom_availability_notices", "Instance Availability Notifications", ["outcome"]
)
FORWARDS = Counter("worklist_dicom_forwards", "Messages forwarded to image managers", ["outcome"])
