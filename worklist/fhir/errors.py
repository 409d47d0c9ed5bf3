"""What is wrong with a FHIR request, as an OperationOutcome (R4 section 2.39)."""

from collections.abc import Iterable
from typing import Any

from worklist.language.text import Text, _


class FhirError(Exception):
    """A request that cannot be done; ``code`` is of the value set IssueType (R4 section 2.39)."""

    def __init__(self, status: int, code: str, text: Text, *, retry_after: int = 0) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text
        self.retry_after = retry_after  # seconds; 0 where that says nothing


def not_found(kind: str, identifier: str) -> FhirError:
    """Return the error for a resource that does not exist."""
    return FhirError(
        404, "not-found", _("This server has no %(resource)s.", resource=f"{kind}/{identifier}")
    )


def invalid(text: Text) -> FhirError:
    """Return the error for a request that cannot be understood."""
    return FhirError(400, "invalid", text)


def unknown_parameter(kind: str, name: str, known: Iterable[str]) -> FhirError:
    """Return the error for a parameter that a kind cannot be searched by."""
    listed = ", ".join(sorted(known))
    return invalid(
        _(
            "%(kind)s cannot be searched by %(name)s: known are %(known)s.",
            kind=kind,
            name=repr(name),
            known=listed,
        )
    )


def outcome(code: str, text: str) -> dict[str, Any]:
    """Return an OperationOutcome with one error."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": code, "diagnostics": text}],
    }
