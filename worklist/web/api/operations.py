"""What the API can do: each operation with its address, permission, models and page twins."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from worklist.auth.roles import Permission

PREFIX = "/api/v1"
_CONVERTER = re.compile(r"<(?:(int|any\([^)]*\)):)?(\w+)>")

View = TypeVar("View", bound=Callable[..., BaseModel | None])


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one address.

    ``path`` is Flask's, behind `PREFIX`; ``twins`` are the endpoints of the pages that do the
    same. ``location`` is the path of what a POST creates, with fields of the answer in braces.
    ``secret`` answers are never kept for a repeated request.
    """

    method: str
    path: str
    permission: Permission | None
    view: Callable[..., BaseModel | None]
    tag: str
    status: int
    location: str
    secret: bool
    twins: tuple[str, ...]
    parameters: Mapping[str, inspect.Parameter]

    @property
    def name(self) -> str:
        """The operationId, which is the view's name."""
        return self.view.__name__

    @property
    def body(self) -> type[BaseModel] | None:
        """The model of the request's body."""
        return self._model("body")

    @property
    def query(self) -> type[BaseModel] | None:
        """The model of the address's query."""
        return self._model("query")

    @property
    def answer(self) -> type[BaseModel] | None:
        """The model of the answer; None where there is none (204)."""
        found: type[BaseModel] | None = inspect.signature(self.view).return_annotation
        return found

    @property
    def places(self) -> list[tuple[str, str]]:
        """The name of each variable in the path and its kind: ``int``, ``any(a, b)`` or empty."""
        return [(name, kind) for kind, name in _CONVERTER.findall(self.path)]

    @property
    def template(self) -> str:
        """The path as OpenAPI writes it."""
        return PREFIX + _CONVERTER.sub(r"{\2}", self.path)

    @property
    def keyed(self) -> bool:
        """Whether the same ``Idempotency-Key`` again gives the same answer again."""
        return self.method == "POST" and bool(self.location) and not self.secret

    @property
    def matched(self) -> bool:
        """Whether ``If-Match`` guards it."""
        return "if_match" in self.parameters

    def _model(self, name: str) -> type[BaseModel] | None:
        found = self.parameters.get(name)
        return None if found is None else found.annotation


@dataclass(frozen=True, slots=True)
class Operations:
    """The operations of one feature, under one tag."""

    tag: str
    text: str
    found: list[Operation] = field(default_factory=list)

    def get(
        self, path: str, permission: Permission | None, *, twins: str = ""
    ) -> Callable[[View], View]:
        """Register a view that reads."""
        return self._add("GET", path, permission, twins=twins)

    def post(
        self,
        path: str,
        permission: Permission | None,
        *,
        creates: str = "",
        secret: bool = False,
        twins: str = "",
    ) -> Callable[[View], View]:
        """Register a view that does something; ``creates`` is where what it makes is found."""
        return self._add("POST", path, permission, location=creates, secret=secret, twins=twins)

    def patch(
        self, path: str, permission: Permission | None, *, twins: str = ""
    ) -> Callable[[View], View]:
        """Register a view that changes the fields given."""
        return self._add("PATCH", path, permission, twins=twins)

    def put(
        self, path: str, permission: Permission | None, *, twins: str = ""
    ) -> Callable[[View], View]:
        """Register a view that replaces something."""
        return self._add("PUT", path, permission, twins=twins)

    def delete(
        self, path: str, permission: Permission | None, *, twins: str = ""
    ) -> Callable[[View], View]:
        """Register a view that takes something away."""
        return self._add("DELETE", path, permission, twins=twins)

    def _add(
        self,
        method: str,
        path: str,
        permission: Permission | None,
        *,
        location: str = "",
        secret: bool = False,
        twins: str = "",
    ) -> Callable[[View], View]:
        def register(view: View) -> View:
            signature = inspect.signature(view)
            answer: Any = signature.return_annotation
            self.found.append(
                Operation(
                    method=method,
                    path=path,
                    permission=permission,
                    view=view,
                    tag=self.tag,
                    status=201 if location else 200 if answer is not None else 204,
                    location=location,
                    secret=secret,
                    twins=tuple(twins.split()),
                    parameters=signature.parameters,
                )
            )
            return view

        return register
