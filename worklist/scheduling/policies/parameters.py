"""The numbers of a policy one by one, for the page and the commands that show and change them."""

from collections.abc import Mapping

from pydantic.fields import FieldInfo

from worklist.rules.parameters import Parameter
from worklist.scheduling import policy_file


def parameters() -> Mapping[str, Parameter]:
    """Return every number of a policy by name, with the value that this process starts from.

    That is the value of the file in the settings where it says one, else the shipped one.
    """
    start = policy_file.written(policy_file.with_values({}))
    fields = policy_file.PolicyFile.model_fields
    return {name: _parameter(name, fields[name], start[name]) for name in start}


def _parameter(name: str, field: FieldInfo, value: object) -> Parameter:
    extra = field.json_schema_extra
    unit = str(extra.get("unit", "")) if isinstance(extra, dict) else ""
    text = field.description or ""
    return Parameter(name=name, value=value, unit=unit, text=text, rules=(), source="")
