"""The address at which a site's image viewer opens a study: a template that the site gives.

Viewers are called by a URL that names the study (IHE RAD Invoke Image Display profile, and what
OHIF, Weasis and others take); which part carries what differs, so a site writes it down.
"""

import re
from urllib.parse import quote

from worklist.catalogue import placeholders
from worklist.language.text import _

PLACEHOLDERS = ("study_instance_uid", "accession_number", "patient_id")

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://[^\s]+", re.IGNORECASE)
# They run code in the page or open files of whoever reads: no viewer is called so.
_NO_VIEWERS = ("javascript:", "data:", "vbscript:", "file:", "blob:", "filesystem:", "view-source:")


def check_template(template: str) -> str:
    """Return the template if it is one; an empty one means that there is no viewer.

    Raises:
        ValueError: it is not an address, or names what there is not.
    """
    if not template:
        return template
    if not _SCHEME.fullmatch(template) or template.lower().startswith(_NO_VIEWERS):
        raise ValueError(_("expected an address such as https://viewer/view?study=..."))
    placeholders.check(template, PLACEHOLDERS)
    return template


def viewer_url(
    template: str, *, study_instance_uid: str, accession_number: str, patient_id: str
) -> str:
    """Return the template with its placeholders filled in, percent-encoded (RFC 3986)."""
    return template.format(
        study_instance_uid=quote(study_instance_uid, safe=""),
        accession_number=quote(accession_number, safe=""),
        patient_id=quote(patient_id, safe=""),
    )
