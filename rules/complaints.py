"""Says in plain words, at its line, what pydantic found wrong with the shape of a rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rules.spelling import nearest
from rules.yaml_text import Document

if TYPE_CHECKING:
    from pydantic import BaseModel


def note_problems(
    document: Document, number: int, content: object, details: Iterable[Mapping[str, Any]]
) -> None:
    """Add one problem per place for the rule at position `number` of the file."""
    rule = content.get("id") if isinstance(content, dict) else None
    where = f"rule {rule}, " if isinstance(rule, str) else ""
    noted: set[tuple[object, ...]] = set()
    for detail in details:
        location = tuple(part for part in detail["loc"] if part != "[key]")
        # A union of types gives one error for each of its types; one line per value says enough.
        place, text = _complaint(location, detail)
        if place not in noted:
            noted.add(place)
            document.add((number, *(part for part in place if isinstance(part, str | int))), where + text)


def _complaint(location: tuple[Any, ...], detail: Mapping[str, Any]) -> tuple[tuple[Any, ...], str]:
    if location[:1] == ("params",) and len(location) > 2:
        return location[
            :2
        ], f"params.{location[1]}: a number, a text, true or false, a date, or a list of those"
    if "today" in location:
        return location[:3], f"{_dotted(location[:3])}: a date, or an instant that ends with Z"
    last = str(location[-1]) if location else ""
    shown = _dotted(location) or "a rule"
    match detail["type"]:
        case "extra_forbidden":
            text = f"there is no key `{last}`{nearest(last, _keys(location))}"
        case "missing":
            text = f"`{last}` is missing"
        case "literal_error":
            options = [
                part.strip("' ") for part in detail["ctx"]["expected"].replace(" or ", ", ").split(", ")
            ]
            found = str(detail["input"])
            text = f"{shown}: `{found}` is not one of {', '.join(options)}{nearest(found, options)}"
        case "model_type" | "dict_type":
            text = f"{shown}: keys and values belong here"
        case "list_type":
            text = f"{shown}: a list belongs here"
        case "string_type":
            text = f"{shown}: a text belongs here; put it in quotes"
        case "string_pattern_mismatch":
            text = f"{shown}: `{detail['input']}` does not have the form {detail['ctx']['pattern']}"
        case _:
            text = f"{shown}: {detail['msg'][:1].lower()}{detail['msg'][1:]}"
    return location, text


def _keys(location: Sequence[object]) -> list[str]:
    from rules.file_model import RuleText, StepText, TestText

    inner: dict[str, type[BaseModel]] = {"severity_by": StepText, "tests": TestText}
    model: type[BaseModel] = inner.get(str(location[0]), RuleText) if len(location) > 1 else RuleText
    return [field.alias or name for name, field in model.model_fields.items()]


def _dotted(location: Iterable[object]) -> str:
    """`severity_by.1.then`: counted from one, as people do."""
    return ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in location)
