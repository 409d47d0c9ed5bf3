"""What the outbox counts for Prometheus."""

from prometheus_client import Counter

WRITTEN = Counter("worklist_hl7_written", "HL7 messages written for peers", ["peer", "state"])
ATTEMPTS = Counter("worklist_hl7_attempts", "Deliveries of HL7 messages", ["peer", "outcome"])
