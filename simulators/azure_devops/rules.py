"""The rules of a type: required, read-only, list values. How they are reported is recorded."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.azure_devops.model import Item, Json, WorkType
from simulators.azure_devops.refusals import Refusal, refuse
from simulators.azure_devops.state import State

# The flags whose bits are known: 4194317 is "required, hasValues, limitedToValues, invalidListValue"
# (recorded), 524289 is "required, invalidEmpty".
_BITS = {
    "required": 1,
    "readOnly": 2,
    "hasValues": 4,
    "limitedToValues": 8,
    "invalidEmpty": 0x80000,
    "invalidListValue": 0x400000,
}
_MARKED = frozenset({"System.History", "System.CommentCount"})


@dataclass(frozen=True, slots=True)
class Broken:
    """A broken rule: field, the vendor's flags, words."""

    field: str
    flags: tuple[str, ...]
    words: str


def broken_rules(
    state: State, kind: WorkType, item: Item, values: dict[str, Json], *, is_new: bool
) -> list[Broken]:
    """What is wrong with the values that somebody wants to set; empty is fine."""
    found = []
    for name, value in values.items():
        if name in _MARKED:
            continue
        if not is_new and item.state.get(name) == value:
            continue
        problem = _problem(state, kind, name, value)
        if problem is not None:
            found.append(problem)
    if is_new:
        found += [
            _empty(state, ref)
            for ref, use in kind.fields.items()
            if use.required
            and use.default is None
            and values.get(ref) is None
            and ref not in {"System.AreaId", "System.IterationId"}
        ]
    return found


def rule_refusal(found: list[Broken]) -> Refusal:
    """The answer: the first problem in words, all of them as data."""
    errors = [
        {
            "fieldReferenceName": broken.field,
            "fieldStatusFlags": ", ".join(broken.flags),
            "errorMessage": broken.words,
            "fieldStatusCode": sum(_BITS.get(flag, 0) for flag in broken.flags),
            "ruleValidationErrors": None,
        }
        for broken in found
    ]
    custom = {
        "FieldReferenceName": None,
        "FieldStatusFlags": "none",
        "ErrorMessage": found[0].words,
        "FieldStatusCode": 0,
        "RuleValidationErrors": errors,
    }
    return refuse(400, "RuleValidationException", found[0].words, custom=custom)


def _problem(state: State, kind: WorkType, name: str, value: Json) -> Broken | None:
    field, use = state.field_defs[name], kind.fields.get(name)
    if field.read_only or (use is not None and use.read_only):
        words = f"TF401326: Invalid field status 'ReadOnly' for field '{name}'."
        return Broken(name, ("readOnly",), words)
    if use is None:
        if value is None:
            return None
        words = f"TF401320: Rule Error for field {field.name}. Error code: InvalidNotEmpty."
        return Broken(name, ("invalidNotEmpty",), words)
    if value is None:
        return _empty(state, name) if use.required else None
    if name in {"System.AreaId", "System.IterationId"}:
        node = state.nodes.get(value)
        if node is None or (node.tree == "area") is not (name == "System.AreaId"):
            return Broken(name, ("invalidTreeId",), f"TF401347: Invalid tree id given for field '{name}'.")
        return None
    allowed = [one.name for one in kind.states] if name == "System.State" else use.allowed
    if allowed and str(value) not in allowed:
        words = (
            f"The field '{field.name}' contains the value '{value}' that is not in the list of supported "
            "values"
        )
        flags = ("hasValues", "limitedToValues", "invalidListValue")
        return Broken(name, ("required", *flags) if use.required else flags, words)
    return None


def _empty(state: State, name: str) -> Broken:
    words = (
        f"TF401320: Rule Error for field {state.field_defs[name].name}. Error code: Required, InvalidEmpty."
    )
    return Broken(name, ("required", "invalidEmpty"), words)
