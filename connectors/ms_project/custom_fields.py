"""Custom fields of tasks: Project's ids for them, and one of our rollup fields as a plan holds it.

Only Text, Number and Date fields are ever written. Ids are those of tasks: resources and assignments have
fields of the same names under other ids. facts/msproject.md §5.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Literal, TypeAlias

import msgspec

from portfolio.intents import FieldName, Value

Kind: TypeAlias = Literal["text", "number", "date"]

_TASK = 188_743_680
_TEXTS = (51, 54, 57, 60, 63, *range(66, 71), *range(317, 337))
_NUMBERS = (*range(87, 92), *range(302, 317))
_DATES = tuple(range(265, 275))


def _numbered(name: str, offsets: tuple[int, ...]) -> dict[str, str]:
    return {f"{name}{number}": str(_TASK + offset) for number, offset in enumerate(offsets, start=1)}


# Project's name → FieldID.
FIELD_IDS: Mapping[str, str] = {
    **_numbered("Text", _TEXTS),
    **_numbered("Number", _NUMBERS),
    **_numbered("Date", _DATES),
}
NAMES: Mapping[str, str] = {field_id: name for name, field_id in FIELD_IDS.items()}
_FOLDED = {name.casefold(): name for name in FIELD_IDS}
NUMERIC_SLOTS = frozenset({"slip_wd", "percent_complete", "open_risks", "open_findings"})
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T[0-9:.]*)?")


def project_name(name: str) -> str | None:
    """Project's own name of a field (`Text28`), however its letters are written; None for an alias."""
    return _FOLDED.get(name.casefold())


def kind_of(name: str) -> Kind | None:
    """What a field of Project holds, by its name; None for an alias."""
    known = project_name(name)
    if known is None:
        return None
    if known.startswith("Text"):
        return "text"
    return "number" if known.startswith("Number") else "date"


def can_hold(kind: Kind, slot: str) -> bool:
    """Whether a field of this kind can hold one of our rollup fields."""
    if kind == "text":
        return True
    return slot in NUMERIC_SLOTS if kind == "number" else slot == "forecast_finish"


class PlanField(msgspec.Struct, frozen=True, kw_only=True):
    """A rollup field as one plan holds it.

    `is_new` says that its definition has to be made first; `problem` says why it cannot be written.
    """

    slot: FieldName
    name: str  # as the configuration calls it
    field_id: str = ""
    kind: Kind = "text"
    labels: Mapping[str, str] = {}
    finish_time: str = "17:00:00"
    is_new: bool = False
    problem: str | None = None

    def read(self, text: str | None) -> Value:
        """The canonical value of what stands there: our word for a label, a number, an ISO date.

        Project writes no number that is zero and shows one that is not there as 0, so nothing is 0 here. What
        cannot be read stays text: somebody put it there.
        """
        text = (text or "").strip()
        if self.kind == "number":
            return _number(text) if text else 0
        if not text or (self.kind == "date" and text.upper() == "NA"):
            return None
        if self.kind == "date":
            day = _DAY.fullmatch(text)
            return day[1] if day else text
        for value, label in self.labels.items():
            if label.casefold() == text.casefold():
                return value
        return _number(text) if self.slot in NUMERIC_SLOTS else text

    def write(self, wanted: Value) -> str | None:
        """What to put into the file; None where the value is to be taken out.

        Raises:
            ValueError: the field cannot hold it.
        """
        if wanted is None or wanted == "":
            return None
        if self.kind == "number":
            number = float(wanted)
            return None if number == 0 else _digits(number)
        if self.kind == "date":
            return f"{date.fromisoformat(str(wanted)).isoformat()}T{self.finish_time}"
        text = _digits(float(wanted)) if isinstance(wanted, (int, float)) else str(wanted)
        return self.labels.get(text, text)

    def settled(self, value: Value) -> Value:
        """A value as a look would show it after it was written."""
        return 0 if self.kind == "number" and value in (None, "") else value


def _number(text: str) -> Value:
    try:
        number = float(text)
    except ValueError:
        return text
    if number != number or number in (float("inf"), float("-inf")):  # noqa: PLR0124 - not a number
        return text
    return int(number) if number.is_integer() else number


def _digits(number: float) -> str:
    return str(int(number)) if number.is_integer() else repr(number)
