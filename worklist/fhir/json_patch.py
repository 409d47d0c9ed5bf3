"""JSON Patch (RFC 6902) of one resource."""

from copy import deepcopy
from typing import Any

from worklist.fhir.elements import Json
from worklist.fhir.errors import FhirError, invalid
from worklist.language.text import _

_WITH_VALUE = frozenset({"add", "replace", "test"})
_OPERATIONS = _WITH_VALUE | {"remove"}


def patched(resource: Json, operations: object) -> Json:
    """Return the resource as the operations make it; ``move`` and ``copy`` are not done.

    Raises:
        FhirError: an operation cannot be read, points to nothing, or a test does not hold.
    """
    if not isinstance(operations, list):
        raise invalid(_("A JSON Patch is an array of operations."))
    result = deepcopy(resource)
    for one in operations:
        _apply(result, one)
    return result


def _apply(resource: Json, operation: object) -> None:
    if not isinstance(operation, dict) or str(operation.get("op")) not in _OPERATIONS:
        known = ", ".join(sorted(_OPERATIONS))
        raise invalid(_("An operation is one of %(known)s.", known=known))
    kind, path = operation["op"], operation.get("path")
    if not isinstance(path, str) or not path.startswith("/"):
        raise invalid(_("An operation has a path such as /status."))
    if kind in _WITH_VALUE and "value" not in operation:
        raise invalid(_("The operation %(kind)s has a value.", kind=kind))
    *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
    node: Any = resource
    for name in parents:
        node = _at(node, name, path)
    if kind == "add":
        _add(node, last, path, operation["value"])
        return
    present = _at(node, last, path)
    if kind == "test" and present != operation["value"]:
        text = _("%(path)s is not what the patch tests for.", path=path)
        raise FhirError(422, "processing", text)
    key = last if isinstance(node, dict) else int(last)
    if kind == "replace":
        node[key] = operation["value"]
    elif kind == "remove":
        del node[key]


def _add(node: Any, name: str, path: str, value: object) -> None:  # noqa: ANN401 - any JSON
    """Set a member, or insert into an array before an item or, as ``-``, behind all."""
    if isinstance(node, dict):
        node[name] = value
        return
    if not isinstance(node, list) or name not in {"-", *map(str, range(len(node) + 1))}:
        raise _no_such_place(path)
    node.insert(len(node) if name == "-" else int(name), value)


def _at(node: Any, name: str, path: str) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(node, dict) and name in node:
        return node[name]
    if isinstance(node, list) and name in [str(at) for at in range(len(node))]:
        return node[int(name)]
    raise _no_such_place(path)


def _no_such_place(path: str) -> FhirError:
    return FhirError(422, "processing", _("There is nothing at %(path)s to patch.", path=path))
