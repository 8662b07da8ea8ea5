"""Which custom field of a plan is taken, which is made, and which is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from plan_builder import plan, task
from plan_intents import DEFINITIONS, FIELDS, PRETTY, connector, intent, kinds

from portfolio.intents import Intent, Receipt, Refused


def save(folder: Path, text: str) -> Path:
    path = folder / "plan.xml"
    path.write_text(text, encoding="utf-8")
    return path


def push(folder: Path, *intents: Intent, write: Mapping[str, object] | None = None) -> list[Receipt]:
    return list(connector(folder, write).push(intents))


def define(folder: Path, text: str, **told: object) -> tuple[list[Receipt], str]:
    write = {"fields": {"health": "Portfolio health"}, "define": {"Portfolio health": "Text30"}, **told}
    path = save(folder, text)
    return push(folder, intent("health", "amber"), write=write), path.read_text(encoding="utf-8")


NO_DEFINITIONS = PRETTY[: PRETTY.index("\t<ExtendedAttributes>")] + PRETTY[PRETTY.index("\t<Views>") :]
MADE = (
    "\t<ExtendedAttributes>\n\t\t<ExtendedAttribute>\n\t\t\t<FieldID>188744016</FieldID>\n"
    "\t\t\t<FieldName>Text30</FieldName>\n\t\t\t<Alias>Portfolio health</Alias>\n"
    "\t\t</ExtendedAttribute>\n\t</ExtendedAttributes>\n"
)


@pytest.mark.parametrize(
    "spelling", ["", "\t<ExtendedAttributes/>\n", "\t<ExtendedAttributes></ExtendedAttributes>\n"]
)
def test_a_definition_is_made_where_the_configuration_names_a_free_field(
    tmp_path: Path, spelling: str
) -> None:
    text = NO_DEFINITIONS.replace("\t<Tasks>", f"{spelling}\t<Tasks>")
    found, written = define(tmp_path, text)
    assert kinds(found) == {"Applied"}
    expected = NO_DEFINITIONS.replace("\t<Tasks>", f"{MADE}\t<Tasks>").replace(
        "\t\t\t<Baseline>\n",
        "\t\t\t<ExtendedAttribute>\n\t\t\t\t<FieldID>188744016</FieldID>\n\t\t\t\t<Value>amber</Value>\n"
        "\t\t\t</ExtendedAttribute>\n\t\t\t<Baseline>\n",
    )
    assert written == expected


def test_a_definition_stands_after_what_else_stands_there(tmp_path: Path) -> None:
    text = NO_DEFINITIONS.replace(
        "\t<Tasks>", "\t<ExtendedAttributes>\n\t\t<!-- none yet -->\n\t</ExtendedAttributes>\n\t<Tasks>"
    )
    found, written = define(tmp_path, text)
    assert kinds(found) == {"Applied"}
    made = MADE.replace("<ExtendedAttributes>\n", "<ExtendedAttributes>\n\t\t<!-- none yet -->\n")
    assert made in written


def test_a_definition_joins_those_that_stand_there(tmp_path: Path) -> None:
    text = (
        PRETTY.replace("Portfolio health", "Somebody's")
        .replace("188744016", "188744015")
        .replace("Text30", "Text29")
    )
    found, written = define(tmp_path, text)
    assert kinds(found) == {"Applied"}
    one = MADE.partition("\n")[2].rpartition("\t</Ext")[0]
    assert written.count(one) == 1
    assert written.index("<FieldName>Number1") < written.index("<FieldName>Text30") < written.index("<Views>")


def test_without_leave_no_field_is_defined(tmp_path: Path) -> None:
    found, written = define(tmp_path, NO_DEFINITIONS, define={})
    assert found == [
        Refused(
            intent_id="plans/plan.xml:1:health",
            reason="the plan has no field Portfolio health; "
            "`write.define: {Portfolio health: Text30}` would make it",
        )
    ]
    assert written == NO_DEFINITIONS


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (PRETTY.replace("Portfolio health", "Risk owner"), ", as Risk owner"),
        (
            NO_DEFINITIONS.replace(
                "<Baseline>",
                "<ExtendedAttribute><FieldID>188744016</FieldID><Value>x</Value></ExtendedAttribute><Baseline>",
            ),
            "",
        ),
    ],
)
def test_a_field_that_somebody_uses_is_not_free(tmp_path: Path, text: str, why: str) -> None:
    found, written = define(tmp_path, text)
    assert found == [
        Refused(
            intent_id="plans/plan.xml:1:health",
            reason=f"Text30 is not free in this plan{why}: name another field under `write.define`",
        )
    ]
    assert written == text


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ({"FieldID": 188743752, "FieldName": "Flag1"}, "the plan has no field Portfolio health"),
        (
            {"FieldID": 205520904, "FieldName": "Text1"},
            "the plan has no field Portfolio health",
        ),  # a resource's
        ({"FieldID": 188743945, "FieldName": "Date1"}, "is the date field Date1, which cannot hold it"),
        ({"FieldID": 188743731, "FieldName": "Text1", "Formula": "[Name]"}, "is calculated by Project"),
        ({"FieldID": 188743731, "FieldName": "Text1", "CalculationType": 1}, "is calculated by Project"),
        ({"FieldID": 188743731, "FieldName": "Text1", "RestrictValues": 1}, "takes only values of a list"),
    ],
)
def test_fields_that_cannot_hold_a_value_are_refused_by_name(
    tmp_path: Path, definition: dict[str, object], reason: str
) -> None:
    text = plan([task(1)], fields=[{**definition, "Alias": "Portfolio health"}])
    path = save(tmp_path, text)
    told = {"fields": {"health": "Portfolio health"}}
    (found,) = push(tmp_path, intent("health", "amber"), write=told)
    assert isinstance(found, Refused)
    assert reason in found.reason
    assert path.read_text(encoding="utf-8") == text


def test_an_alias_that_stands_twice_is_refused_with_its_candidates(tmp_path: Path) -> None:
    twice = [DEFINITIONS[0], {**DEFINITIONS[6], "Alias": "portfolio HEALTH"}]
    save(tmp_path, plan([task(1)], fields=twice))
    (found,) = push(tmp_path, intent("health", "amber"), write={"fields": {"health": "Portfolio health"}})
    assert found == Refused(
        intent_id="plans/plan.xml:1:health", reason="Portfolio health means 2 fields here: Text30, Text29"
    )


def test_a_field_that_is_read_as_a_key_stays_peoples(tmp_path: Path) -> None:
    save(
        tmp_path, plan([task(1)], fields=[{"FieldID": 188743731, "FieldName": "Text1", "Alias": "Jira Key"}])
    )
    (found,) = push(tmp_path, intent("health", "amber"), write={"fields": {"health": "Text1"}})
    assert found == Refused(
        intent_id="plans/plan.xml:1:health",
        reason="Text1 (Text1) is read as a key or a team, and stays people's",
    )


def test_a_value_of_a_list_and_a_value_that_stands_twice_are_left_alone(tmp_path: Path) -> None:
    value = {"FieldID": 188744016, "Value": "x"}
    rows = [task(1, ExtendedAttribute={**value, "ValueGUID": "A"}), task(2, ExtendedAttribute=[value, value])]
    save(tmp_path, plan(rows, fields=DEFINITIONS))
    found = push(tmp_path, intent("health", "red", before="x"), intent("health", "red", before="x", uid=2))
    assert [receipt.reason for receipt in found] == [
        "Portfolio health holds a value of a list",
        "the task holds Portfolio health twice",
    ]


def test_a_value_that_the_field_cannot_hold_is_refused(tmp_path: Path) -> None:
    text = plan([task(1)], fields=DEFINITIONS)
    path = save(tmp_path, text)
    found = push(tmp_path, intent("forecast_finish", "next spring"), write={"fields": FIELDS})
    assert found == [
        Refused(
            intent_id="plans/plan.xml:1:forecast_finish",
            reason="Forecast finish cannot hold 'next spring'",
        )
    ]
    assert path.read_text(encoding="utf-8") == text
