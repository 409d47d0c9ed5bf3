"""Texts that are not marked by a call, for `make messages`: of rules, their numbers and forms.

Babel calls these functions (``[tool.babel]`` in ``pyproject.toml``); each yields the line, no
function's name, the text and no comments.
"""

import ast
import tomllib
from collections.abc import Collection, Iterator, Mapping
from typing import IO, Any

from babel.messages.extract import extract_python

_Found = tuple[Any, ...]
_DECORATORS = frozenset({"exam_rule", "room_rule"})


def rules(
    file: IO[bytes],
    keywords: Collection[str],
    comment_tags: Collection[str],
    options: Mapping[str, Any],
) -> Iterator[_Found]:
    """Yield the marked texts of a module, and the first paragraph of each rule's docstring."""
    yield from extract_python(file, keywords, comment_tags, options)  # type: ignore[arg-type]
    file.seek(0)
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.FunctionDef) and _is_rule(node) and (text := _text(node)):
            yield node.lineno, None, text, []


def numbers(
    file: IO[bytes],
    keywords: Collection[str],  # noqa: ARG001 - Babel gives the same to every function
    comment_tags: Collection[str],  # noqa: ARG001 - same
    options: Mapping[str, Any],  # noqa: ARG001 - same
) -> Iterator[_Found]:
    """Yield what each threshold of a TOML file means, and its unit."""
    for entry in tomllib.load(file).values():
        yield 0, None, entry["text"], []
        if entry.get("unit"):
            yield 0, None, entry["unit"], []


def forms(
    file: IO[bytes],
    keywords: Collection[str],  # noqa: ARG001 - Babel gives the same to every function
    comment_tags: Collection[str],  # noqa: ARG001 - same
    options: Mapping[str, Any],  # noqa: ARG001 - same
) -> Iterator[_Found]:
    """Yield what screening forms say and ask."""
    for form in tomllib.load(file)["forms"]:
        texts = [form["title"], form["introduction"]]
        for question in form["questions"]:
            texts += [question["text"], *question.get("choices", {}).values()]
            texts += [question["unit"]] if "unit" in question else []
        for text in texts:
            yield 0, None, text, []


def _is_rule(node: ast.FunctionDef) -> bool:
    calls = (one.func for one in node.decorator_list if isinstance(one, ast.Call))
    return any(isinstance(one, ast.Name) and one.id in _DECORATORS for one in calls)


def _text(node: ast.FunctionDef) -> str:
    """Return the text that `worklist.rules.rule` takes from the docstring."""
    paragraph = (ast.get_docstring(node) or "").partition("\n\n")[0]
    return " ".join(paragraph.split())
