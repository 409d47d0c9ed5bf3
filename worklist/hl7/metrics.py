"""What the HL7 side counts for Prometheus."""

from prometheus_client import Counter

RECEIVED = Counter("worklist_hl7_received", "HL7 messages received", ["channel"])
RESENT = Counter("worklist_hl7_resent", "HL7 messages received once more", ["channel"])
ACKNOWLEDGED = Counter("worklist_hl7_acknowledged", "HL7 acknowledgements sent", ["code"])
PROCESSED = Counter("worklist_hl7_processed", "HL7 messages processed")
FAILED = Counter("worklist_hl7_failed", "HL7 messages that could not be processed", ["code"])
TRUNCATED = Counter("worklist_hl7_truncated", "HL7 messages broken off by their sender")
REFUSED_CONNECTIONS = Counter(
    "worklist_hl7_refused_connections", "MLLP connections from addresses that may not send"
)
