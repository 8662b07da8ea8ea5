"""A field that we may write as the site has it: reading its value, and the form Jira takes a new one in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from connectors.jira.values import text_of
from connectors.jira.wire_site import FieldInfo, Option
from portfolio.intents import DATE_NAMES, FieldName, Value

_NUMBERS = frozenset({"slip_wd", "percent_complete", "open_risks", "open_findings"})
_DATES = frozenset({"forecast_finish", "start", "due"})
_WRITABLE = ("option", "number", "date", "datetime", "string")
_OPTION = msgspec.json.Decoder(Option)


class FieldSlot(msgspec.Struct, frozen=True, kw_only=True):
    """A field that we may write, on this site.

    `labels` are the site's words for our values; `problem` says why a field of this type cannot hold it.
    """

    slot: FieldName
    field_id: str
    name: str
    type: str
    is_rich: bool
    labels: Mapping[str, str]
    problem: str | None = None

    def read(self, raw: msgspec.Raw | None) -> Value:
        """The canonical value of what stands there: our word for a label, a number, an ISO date."""
        text = text_of(raw)
        if text is None:
            return None
        text = text.strip()
        if self.slot in _DATES:
            return text[:10]
        if self.slot in _NUMBERS:
            try:
                number = float(text)
            except ValueError:
                return text
            return int(number) if number.is_integer() else number
        for value, label in self.labels.items():
            if label.casefold() == text.casefold():
                return value
        # Without labels of the site's own, options are called as our values are, in whatever case.
        return text.casefold() if self.type == "option" else text

    def write(self, wanted: Value, allowed: Sequence[msgspec.Raw] | None) -> object:
        """What to send for a value.

        Raises:
            ValueError: the field has no such option; the message lists those it has.
        """
        if wanted is None:
            return None
        if self.type == "number":
            return float(wanted)
        text = self.labels.get(str(wanted), str(wanted))
        if self.type == "option":
            return {"value": self._label(text, allowed)}
        if self.type == "datetime":
            return f"{text}T00:00:00.000+0000"
        if self.is_rich:
            line = {"type": "paragraph", "content": [{"type": "text", "text": text}]}
            return {"type": "doc", "version": 1, "content": [line]}
        return text

    def _label(self, text: str, allowed: Sequence[msgspec.Raw] | None) -> str:
        options = [option.value for option in map(_option, allowed or ()) if option.value]
        for option in options:
            if option.casefold() == text.casefold():
                return option
        if allowed is None:
            return text
        listed = ", ".join(options[:8]) or "none"
        raise ValueError(
            f"{self.name} has no option {text!r} (it has: {listed}); "
            f"write.values.{self.slot} names the site's words"
        )


def slot_for(slot: FieldName, field: FieldInfo, labels: Mapping[str, str]) -> FieldSlot:
    """A field that we may write as this site has it."""
    problem = None
    if field.type not in _WRITABLE:
        problem = f"a field of type {field.type or 'any'} ({field.name}) cannot hold it"
    elif slot in DATE_NAMES and field.type != "date":
        problem = (
            f"{field.name} is a field of type {field.type}; a date of people's is written to a date field"
        )
    elif slot == "forecast_finish" and field.type not in ("date", "datetime", "string"):
        problem = f"{field.name} is no date field"
    elif field.type == "number" and slot not in _NUMBERS:
        problem = f"{field.name} is a number field"
    return FieldSlot(
        slot=slot,
        field_id=field.id,
        name=field.name,
        type=field.type,
        is_rich=field.type_key.endswith(":textarea"),
        labels=labels,
        problem=problem,
    )


def _option(raw: msgspec.Raw) -> Option:
    try:
        return _OPTION.decode(raw)
    except msgspec.DecodeError:
        return Option()
