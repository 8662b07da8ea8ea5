"""Intents as a plan of writes would make them, and the plans they are written to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import plan_builder as build

from connectors.ms_project import ProjectFileConnector
from portfolio.intents import COMMENT, Intent, Receipt, Slots, Value
from portfolio.notes import BulletList, Heading, Note, Paragraph, Quoted, Text

FIELDS = {
    "health": "Portfolio health",
    "forecast_finish": "Forecast finish",
    "slip_wd": "Slip",
    "percent_complete": "Progress",
    "open_risks": "Open risks",
    "open_findings": "Open findings",
    "worst_finding": "Worst finding",
}
DEFINITIONS = [
    {"FieldID": 188744016, "FieldName": "Text30", "Alias": "Portfolio health"},
    {"FieldID": 188743945, "FieldName": "Date1", "Alias": "Forecast finish"},
    {"FieldID": 188743767, "FieldName": "Number1", "Alias": "Slip"},
    {"FieldID": 188743768, "FieldName": "Number2", "Alias": "Progress"},
    {"FieldID": 188743769, "FieldName": "Number3", "Alias": "Open risks"},
    {"FieldID": 188743770, "FieldName": "Number4", "Alias": "Open findings"},
    {"FieldID": 188744015, "FieldName": "Text29", "Alias": "Worst finding"},
]
# As Project 2019 writes it: a tab per level, and a line end of Windows where the test asks for one.
PRETTY = """\
<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Project xmlns="http://schemas.microsoft.com/project">
	<MinutesPerDay>480</MinutesPerDay>
	<ExtendedAttributes>
		<ExtendedAttribute>
			<FieldID>188744016</FieldID>
			<FieldName>Text30</FieldName>
			<Alias>Portfolio health</Alias>
		</ExtendedAttribute>
		<ExtendedAttribute>
			<FieldID>188743767</FieldID>
			<FieldName>Number1</FieldName>
			<Alias>Slip</Alias>
		</ExtendedAttribute>
	</ExtendedAttributes>
	<Views><View><Name>&amp;Gantt</Name></View></Views>
	<Tasks>
		<Task>
			<UID>1</UID>
			<ID>1</ID>
			<Name>Build &amp; test</Name>
			<Start>2026-11-02T08:00:00</Start>
			<Empty></Empty>
			<IgnoreResourceCalendar>0</IgnoreResourceCalendar>
			<HideBar>0</HideBar>
			<IsPublished>1</IsPublished>
			<CommitmentType>0</CommitmentType>
			<Baseline>
				<Number>0</Number>
			</Baseline>
		</Task>
	</Tasks>
</Project>"""
VALUES: Mapping[str, Value] = {
    "health": "amber",
    "forecast_finish": "2027-03-19",
    "slip_wd": 4,
    "percent_complete": 40,
    "open_risks": 2,
    "open_findings": 3,
    "worst_finding": "high",
}
NOTE = Note([
    Heading([Text("Portfolio check")]),
    Paragraph([Text("High: ", bold=True), Text("Past its due date")]),
    BulletList([[Text("Due: "), Text("19 Nov 2026")], [Text("Owner: "), Quoted("Lena & <Lead>")]]),
])  # fmt: skip
NOTE_LINES = ["Portfolio check", "High: Past its due date", "- Due: 19 Nov 2026", "- Owner: Lena & <Lead>"]


def note(text: str) -> Note:
    return Note([Paragraph([Text(text)])])


def connector(
    folder: Path, write: Mapping[str, object] | None = None, **settings: object
) -> ProjectFileConnector:
    told = {"comments": True, "fields": FIELDS} if write is None else write
    return build.connector(folder, write=told, **settings)


def look(one: ProjectFileConnector, *uids: int | str, name: str = "plan.xml") -> list[Slots]:
    return list(one.look([f"plans/{name}:{uid}" for uid in uids]))


def intent(
    slot: str,
    wanted: Value | Note = None,
    *,
    before: Value = None,
    uid: int | str = 1,
    name: str = "plan.xml",
) -> Intent:
    """An intent; for the comment, `wanted` is the note."""
    told = wanted if isinstance(wanted, Note) else None
    return Intent(
        intent_id=f"plans/{name}:{uid}:{slot}",
        source="plans",
        item_id=f"plans/{name}:{uid}",
        native_id=f"{name}:{uid}",
        key=f"{name.removesuffix('.xml')}#{uid}",
        slot=slot,
        before=before,
        wanted=told.digest() if told is not None else None if isinstance(wanted, Note) else wanted,
        note=told,
    )


def everything(
    slots: Iterable[Slots], values: Mapping[str, Value] = VALUES, told: Note | None = NOTE
) -> list[Intent]:
    """Every field and the comment of these items, given what stands there."""
    intents: list[Intent] = []
    for one in slots:
        name, _, uid = one.item_id.removeprefix("plans/").rpartition(":")
        for slot, value in values.items():
            intents.append(intent(slot, value, before=one.fields.get(slot), uid=uid, name=name))
        before = one.comment.digest if one.comment else None
        intents.append(intent(COMMENT, told, before=before, uid=uid, name=name))
    return intents


def kinds(receipts: Iterable[Receipt]) -> set[str]:
    return {type(receipt).__name__ for receipt in receipts}
