"""One of our rollup fields as the organisation has it: reading its value, and the form of a new one.

A field belongs to the whole organisation, its use to a type of a project. Nothing is ever created: a field
that is missing on a type is said, item by item.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from connectors.azure_devops.wire import FieldInfo, TypeField
from portfolio.intents import DATE_NAMES, FieldName, Value

_NUMBERS = frozenset({"slip_wd", "percent_complete", "open_risks", "open_findings"})
_DATES = frozenset({"forecast_finish", "start", "due"})
_TEXTS = frozenset({"string", "plainText", "picklistString"})
_WHOLE = frozenset({"integer", "picklistInteger"})
_BROKEN = frozenset({"double", "picklistDouble"})
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class FieldSlot(msgspec.Struct, frozen=True, kw_only=True):
    """A rollup field of this organisation.

    `labels` are the organisation's words for our values; `problem` says why this field cannot hold it.
    """

    slot: FieldName
    reference_name: str
    name: str
    type: str
    labels: Mapping[str, str]
    is_list: bool = False
    is_suggestion: bool = False  # the list proposes values, and any other is taken too
    problem: str | None = None

    def read(self, raw: Any, day_of: Callable[[str], date | None]) -> Value:
        """The canonical value of what stands there: our word for a label, a number, an ISO date.

        `day_of` knows which date an instant of the tracker means. What cannot be read as that is given as it
        stands, so that it is compared and never silently equal.
        """
        if raw is None or raw == "":
            return None
        if self.slot in _DATES:
            text = str(raw).strip()
            day = day_of(text) if self.type == "dateTime" else None
            return day.isoformat() if day else text[:10] if self.type != "dateTime" else text
        if self.slot in _NUMBERS:
            return _number(raw)
        return self._word(raw)

    def write(self, wanted: Value, allowed: Sequence[Any] | None, zone: ZoneInfo) -> Any:
        """What to send for a value that is not None.

        Raises:
            ValueError: the field cannot hold this value, in words for people.
        """
        if self.type == "dateTime":
            # Midnight where the portfolio lives, as the web pages store a date: facts/azure_devops.md §3.1.
            moment = datetime.combine(date.fromisoformat(str(wanted)), time(), zone).astimezone(UTC)
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        if self.type in _WHOLE | _BROKEN:
            return self._allowed_number(wanted, allowed)
        label = self.labels.get(str(wanted), str(wanted))
        if self.type == "boolean":
            truth = _TRUTH.get(label.strip().casefold())
            if truth is None:
                raise ValueError(f"{self.name} is a yes/no field and cannot hold {wanted}")
            return truth
        return self._allowed_label(label, allowed)

    def _word(self, raw: Any) -> Value:
        text = ("true" if raw else "false") if isinstance(raw, bool) else str(raw).strip()
        for value, label in self.labels.items():
            if self.type == "boolean":
                if _TRUTH.get(label.strip().casefold()) == _TRUTH.get(text.casefold()):
                    return value
            elif label.casefold() == text.casefold():
                return value
        # Without labels of the organisation's own, list values are called as ours are, in whatever case.
        return text.casefold() if self.is_list else text

    def _allowed_number(self, wanted: Value, allowed: Sequence[Any] | None) -> float | int:
        number = float(wanted or 0)
        if self.type in _WHOLE:
            if not number.is_integer():
                raise ValueError(f"{self.name} holds whole numbers only, not {wanted}")
            number = int(number)
        if allowed and not self.is_suggestion and not any(_number(one) == number for one in allowed):
            listed = ", ".join(str(one) for one in allowed[:8])
            raise ValueError(f"{self.name} does not take {wanted} (it takes: {listed})")
        return number

    def _allowed_label(self, label: str, allowed: Sequence[Any] | None) -> str:
        options = [str(one) for one in allowed or () if one not in (None, "")]
        for option in options:
            if option.casefold() == label.casefold():
                return option
        if not options or self.is_suggestion:
            return label
        listed = ", ".join(options[:8])
        raise ValueError(
            f"{self.name} does not take {label!r} (it takes: {listed}); "
            f"write.values.{self.slot} names the organisation's words"
        )


class WriteFields(msgspec.Struct, frozen=True, kw_only=True):
    """Our fields as this organisation has them; `problems` says which cannot be found, and why."""

    slots: Mapping[FieldName, FieldSlot]
    problems: Mapping[FieldName, str]

    def unwritable(self, type_name: str, uses: Sequence[TypeField] | None) -> dict[str, str]:
        """Slot → why it cannot be written on items of one type, from the type's fields."""
        reasons = {str(slot): why for slot, why in self.problems.items()}
        used = {one.reference_name for one in uses or ()}
        for slot, field in self.slots.items():
            if field.problem:
                reasons[slot] = field.problem
            elif uses is not None and field.reference_name not in used:
                reasons[slot] = f"the type {type_name} has no field {field.name} ({field.reference_name})"
        return reasons


def write_fields(
    wanted: Mapping[FieldName, str],
    labels: Mapping[FieldName, Mapping[str, str]],
    fields: Sequence[FieldInfo],
) -> WriteFields:
    """Find our fields by reference name, or by a name that is unique in the organisation."""
    slots: dict[FieldName, FieldSlot] = {}
    problems: dict[FieldName, str] = {}
    live = [field for field in fields if not field.is_deleted]
    for slot, name in wanted.items():
        found = [one for one in live if one.reference_name.casefold() == name.casefold()]
        found = found or [one for one in live if one.name.casefold() == name.casefold()]
        if len(found) == 1:
            slots[slot] = _slot(slot, found[0], labels.get(slot, {}))
        elif found:
            problems[slot] = f"{name} is ambiguous: {', '.join(one.reference_name for one in found)}"
        else:
            names = [text for one in live for text in (one.name, one.reference_name)]
            near = get_close_matches(name, names, n=1)
            problems[slot] = f"there is no field {name}" + (f"; did you mean {near[0]}?" if near else "")
    return WriteFields(slots=slots, problems=problems)


def _slot(slot: FieldName, field: FieldInfo, labels: Mapping[str, str]) -> FieldSlot:
    return FieldSlot(
        slot=slot,
        reference_name=field.reference_name,
        name=field.name,
        type=field.type,
        labels=labels,
        is_list=field.is_picklist or field.type.startswith("picklist"),
        is_suggestion=field.is_picklist_suggested,
        problem=_problem(slot, field, labels),
    )


def _problem(slot: FieldName, field: FieldInfo, labels: Mapping[str, str]) -> str | None:
    """Why a field cannot hold a rollup; None where it can."""
    if field.read_only:
        return f"{field.name} is read-only"
    if field.reference_name.startswith("System."):
        return f"{field.name} is a field of Azure DevOps itself; give Dovetail a field of its own"
    if slot in DATE_NAMES:
        return None if field.type == "dateTime" else f"{field.name} is no date field"
    if slot == "forecast_finish":
        is_fit = field.type in ("dateTime", "string", "plainText")
        return None if is_fit else f"{field.name} is no date field"
    if slot in _NUMBERS:
        is_fit = field.type in _WHOLE | _BROKEN or field.type in ("string", "plainText")
        return None if is_fit else f"a field of type {field.type} ({field.name}) cannot hold a number"
    if field.type == "boolean" and not labels:
        return f"{field.name} is a yes/no field; write.values.{slot} says which values mean yes and no"
    if field.is_identity or field.type not in _TEXTS | {"boolean"}:
        return f"a field of type {field.type} ({field.name}) cannot hold it"
    words = [_same_word(field.type, label) for label in labels.values()]
    if len(set(words)) < len(words):
        return f"write.values.{slot} gives two values the same word, so that neither could be read back"
    return None


def _same_word(type_: str, label: str) -> object:
    word = label.strip().casefold()
    return _TRUTH.get(word, word) if type_ == "boolean" else word


def _number(raw: Any) -> Value:
    try:
        number = float(raw)
    except (TypeError, ValueError):
        return str(raw).strip()
    return int(number) if number.is_integer() else number
