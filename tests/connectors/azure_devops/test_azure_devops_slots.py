"""Our rollup fields as an organisation has them: which field it is, what stands there, what is sent."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.azure_devops.slots import FieldSlot, write_fields
from connectors.azure_devops.values import day
from connectors.azure_devops.wire import FieldInfo, TypeField
from portfolio.intents import FieldName, Value

ZURICH = ZoneInfo("Europe/Zurich")
NEW_YORK = ZoneInfo("America/New_York")


def field(type_: str, **more: Any) -> FieldInfo:
    return FieldInfo(
        **({"name": "Portfolio health", "reference_name": "Custom.Health", "type": type_} | more)
    )


def slot(name: FieldName, type_: str, labels: dict[str, str] | None = None, **more: Any) -> FieldSlot:
    found = write_fields({name: "Custom.Health"}, {name: labels or {}}, [field(type_, **more)])
    return found.slots[name]


def day_of(text: str) -> date | None:
    return day(text, [ZURICH])


@pytest.mark.parametrize("name", ["Custom.Health", "custom.health", "Portfolio health", "portfolio HEALTH"])
def test_a_field_is_found_by_reference_name_or_by_name(name: str) -> None:
    found = write_fields({"health": name}, {}, [field("string")])
    assert found.slots["health"].reference_name == "Custom.Health"
    assert found.problems == {}


def test_a_missing_field_is_a_problem_that_names_the_nearest() -> None:
    found = write_fields({"health": "Portfolio helth"}, {}, [field("string")])
    assert found.problems == {"health": "there is no field Portfolio helth; did you mean Portfolio health?"}


def test_a_deleted_field_is_not_found() -> None:
    assert write_fields({"health": "Custom.Health"}, {}, [field("string", is_deleted=True)]).slots == {}


def test_a_name_that_two_fields_bear_is_refused() -> None:
    fields = [field("string"), field("string", reference_name="Old.Health")]
    found = write_fields({"health": "Portfolio health"}, {}, fields)
    assert found.problems == {"health": "Portfolio health is ambiguous: Custom.Health, Old.Health"}


@pytest.mark.parametrize(
    ("name", "type_", "more", "problem"),
    [
        ("health", "string", {"read_only": True}, "is read-only"),
        ("health", "string", {"reference_name": "System.Tags"}, "a field of Azure DevOps itself"),
        ("health", "double", {}, "cannot hold it"),
        ("health", "html", {}, "cannot hold it"),
        ("health", "identity", {"is_identity": True}, "cannot hold it"),
        ("health", "boolean", {}, "says which values mean yes and no"),
        ("slip_wd", "dateTime", {}, "cannot hold a number"),
        ("slip_wd", "boolean", {}, "cannot hold a number"),
        ("forecast_finish", "double", {}, "is no date field"),
    ],
)
def test_trap_13_a_field_that_cannot_hold_it_says_why(
    name: FieldName, type_: str, more: dict[str, Any], problem: str
) -> None:
    info = field(type_, **more)
    found = write_fields({name: info.reference_name}, {}, [info]).slots[name]
    assert problem in (found.problem or "")


def test_trap_13_a_field_that_is_missing_on_a_type_is_said_for_that_type() -> None:
    found = write_fields({"health": "Custom.Health"}, {}, [field("string")])
    other = TypeField(name="Title", reference_name="System.Title")
    ours = TypeField(name="Portfolio health", reference_name="Custom.Health")
    assert found.unwritable("Bug", [other]) == {
        "health": "the type Bug has no field Portfolio health (Custom.Health)"
    }
    assert found.unwritable("Epic", [other, ours]) == {}
    assert found.unwritable("Epic", None) == {}  # not known is not missing


@pytest.mark.parametrize(
    ("name", "type_", "wanted", "sent", "stands"),
    [
        ("health", "string", "amber", "amber", "amber"),
        ("worst_finding", "plainText", "high", "high", "high"),
        ("slip_wd", "integer", 4, 4, 4),
        ("slip_wd", "integer", -3, -3, -3),
        ("slip_wd", "double", 4, 4.0, 4.0),
        ("percent_complete", "double", 40, 40.0, 40),
        ("slip_wd", "string", 4, "4", "4"),
        ("forecast_finish", "string", "2027-03-19", "2027-03-19", "2027-03-19"),
        ("forecast_finish", "dateTime", "2027-03-19", "2027-03-18T23:00:00Z", "2027-03-18T23:00:00Z"),
        ("forecast_finish", "dateTime", "2027-07-01", "2027-06-30T22:00:00Z", "2027-06-30T22:00:00Z"),
    ],
)
def test_what_is_sent_is_read_back_as_what_was_wanted(
    name: FieldName, type_: str, wanted: Value, sent: Any, stands: Any
) -> None:
    one = slot(name, type_)
    assert one.write(wanted, None, ZURICH) == sent
    assert one.read(stands, day_of) == wanted
    assert type(one.write(wanted, None, ZURICH)) is type(sent)


def test_a_date_west_of_greenwich_is_the_same_date() -> None:
    one = slot("forecast_finish", "dateTime")
    sent = one.write("2027-03-19", None, NEW_YORK)
    assert sent == "2027-03-19T04:00:00Z"
    assert one.read(sent, lambda text: day(text, [NEW_YORK])) == "2027-03-19"


@pytest.mark.parametrize("stands", ["2027-03-18T23:00:00Z", "2027-03-19T00:00:00Z", "2027-03-19T08:30:00Z"])
def test_trap_15_another_form_of_the_same_date_is_no_change(stands: str) -> None:
    assert slot("forecast_finish", "dateTime").read(stands, day_of) == "2027-03-19"


@pytest.mark.parametrize("stands", [4, 4.0, "4", " 4 ", "4.0"])
def test_trap_15_another_form_of_the_same_number_is_no_change(stands: Any) -> None:
    assert slot("slip_wd", "double").read(stands, day_of) == 4


@pytest.mark.parametrize("stands", [None, ""])
def test_nothing_is_nothing_in_every_type(stands: Any) -> None:
    for name, type_ in (("health", "string"), ("slip_wd", "integer"), ("forecast_finish", "dateTime")):
        assert slot(name, type_).read(stands, day_of) is None  # type: ignore[arg-type]


def test_what_is_no_number_is_shown_as_it_stands() -> None:
    assert slot("slip_wd", "string").read("about four", day_of) == "about four"


def test_a_picklist_is_called_as_the_organisation_calls_it() -> None:
    one = slot("health", "string", {"green": "On track", "red": "Off track"}, is_picklist=True)
    assert one.write("red", ["On Track", "Off Track"], ZURICH) == "Off Track"
    assert one.read("Off Track", day_of) == "red"
    with pytest.raises(ValueError, match=r"does not take 'amber' \(it takes: On Track, Off Track\)"):
        one.write("amber", ["On Track", "Off Track"], ZURICH)


def test_a_picklist_in_our_own_words_needs_no_configuration() -> None:
    one = slot("health", "picklistString")
    assert one.write("amber", ["Green", "Amber", "Red"], ZURICH) == "Amber"
    assert one.read("Amber", day_of) == "amber"


def test_a_list_of_suggestions_takes_any_value() -> None:
    one = slot("health", "string", is_picklist=True, is_picklist_suggested=True)
    assert one.write("grey", ["Green", "Red"], ZURICH) == "grey"


def test_a_list_of_numbers_takes_only_its_own() -> None:
    one = slot("open_risks", "integer", is_picklist=True)
    assert one.write(2, [1, 2, 3], ZURICH) == 2
    with pytest.raises(ValueError, match="does not take 4"):
        one.write(4, [1, 2, 3], ZURICH)


def test_a_whole_number_field_takes_no_fraction() -> None:
    with pytest.raises(ValueError, match=r"holds whole numbers only, not 12\.5"):
        slot("percent_complete", "integer").write(12.5, None, ZURICH)


def test_a_yes_no_field_holds_the_two_values_that_the_configuration_names() -> None:
    one = slot("health", "boolean", {"green": "no", "red": "yes"})
    assert one.problem is None
    assert one.write("red", None, ZURICH) is True
    assert one.write("green", None, ZURICH) is False
    assert (one.read(True, day_of), one.read(False, day_of)) == ("red", "green")
    with pytest.raises(ValueError, match="cannot hold amber"):
        one.write("amber", None, ZURICH)


def test_two_values_with_one_word_could_not_be_read_back() -> None:
    assert "same word" in (slot("health", "string", {"red": "Late", "amber": "late"}).problem or "")
    assert "same word" in (slot("health", "boolean", {"red": "yes", "amber": "true"}).problem or "")
