"""Imports every module with tables, so that the metadata is whole (migrations, tests, start)."""

import worklist.audit.changes
import worklist.audit.models
import worklist.auth.models
import worklist.catalogue.image_managers
import worklist.catalogue.models
import worklist.catalogue.procedures
import worklist.catalogue.profiles
import worklist.catalogue.report_templates
import worklist.dicom.models
import worklist.hl7.models
import worklist.hl7.peers.models
import worklist.identifiers
import worklist.mail.models
import worklist.nightly
import worklist.orders.models
import worklist.patients.contrast
import worklist.patients.models
import worklist.performing.hand_doses
import worklist.performing.models
import worklist.performing.pauses
import worklist.reading.critical.models
import worklist.reading.filters
import worklist.reading.models
import worklist.rulebook.models
import worklist.scheduling.access
import worklist.scheduling.models
import worklist.scheduling.policies.models
import worklist.scheduling.replanning.models
import worklist.scheduling.waiting.models
import worklist.screening.models  # noqa: F401 - imported for their tables
from worklist.db import Base

metadata = Base.metadata
