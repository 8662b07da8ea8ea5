"""Single values, fields and settings: every map has a case whose answer differs from the default."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from pydantic import ValidationError

from connectors.base import Context
from connectors.jira import JiraConnector, JiraSettings
from connectors.jira.fields import FieldUnresolved, resolve
from connectors.jira.settings import StateMap
from connectors.jira.slots import slot_for
from connectors.jira.values import (
    States,
    day,
    instant,
    kind_of,
    number_of,
    rank_of,
    text_of,
    texts_of,
)
from connectors.jira.wire_site import FieldInfo
from connectors.ratings import level_of
from connectors.registry import KINDS
from portfolio.intents import FieldName

ZURICH = ZoneInfo("Europe/Zurich")


def raw(text: str) -> msgspec.Raw:
    return msgspec.Raw(text.encode())


def field(field_id: str, name: str, type_: str = "date", key: str = "", *, scoped: bool = False) -> FieldInfo:
    shape: dict[str, Any] = {
        "id": field_id,
        "name": name,
        "custom": True,
        "schema": {"type": type_, "custom": key},
    }
    return msgspec.convert(shape | ({"scope": {"type": "PROJECT"}} if scoped else {}), FieldInfo)


def settings(**more: Any) -> JiraSettings:
    entry = {"name": "shop", "kind": "jira", "url": "https://shop.example", "auth": {"method": "none"}}
    return JiraSettings.model_validate(entry | more)


def world(zone: str, folder: Path) -> Context:
    return Context(
        timezone=zone,
        folder=folder,
        clock=lambda: datetime.now(UTC),
        sleep=lambda _: None,
        say=lambda _: None,
    )


@pytest.mark.parametrize(
    ("wire", "moment"),
    [
        ("2024-07-29T08:29:23.287-0500", datetime(2024, 7, 29, 13, 29, 23, 287000, UTC)),
        ("2024-12-29T08:29:23.287-0600", datetime(2024, 12, 29, 14, 29, 23, 287000, UTC)),
        ("2022-07-15T22:35:25.617Z", datetime(2022, 7, 15, 22, 35, 25, 617000, UTC)),
        (1492070429, datetime(2017, 4, 13, 8, 0, 29, tzinfo=UTC)),
        (1492070429000, datetime(2017, 4, 13, 8, 0, 29, tzinfo=UTC)),
    ],
)
def test_an_instant_is_utc_in_whatever_zone_it_comes(wire: Any, moment: datetime) -> None:
    assert instant(wire) == moment
    assert instant(wire).tzinfo is UTC


@pytest.mark.parametrize("wire", ["", "today", "2024-07-29T08:29:23", "0000-01-01T00:00:00Z", 1e20])
def test_what_is_no_instant_is_refused(wire: Any) -> None:
    with pytest.raises(ValueError, match=r".*"):
        instant(wire)


def test_a_day_is_a_calendar_date_and_an_instant_is_one_in_the_portfolio_s_zone() -> None:
    assert day("2026-03-01", ZURICH) == date(2026, 3, 1)
    assert day("2026-02-28T23:30:00.000+0000", ZURICH) == date(2026, 3, 1)
    assert day("") is None
    assert day(None) is None


def test_levels_are_read_from_numbers_and_words() -> None:
    given = ("5", "4 - High", "3.0", "very high", "Unlikely", "12", "0", "", None)
    assert [level_of(one) for one in given] == [5, 4, 3, 5, 2, None, None, None, None]


def test_kinds_come_from_the_configuration_then_the_name_then_the_level() -> None:
    assert kind_of("7", "Chore", 0, {"Chore": "bug"}) == "bug"
    assert kind_of("7", "Chore", 0, {"7": "risk", "Chore": "bug"}) == "risk"
    assert kind_of("7", "Initiative", 2, {}) == "initiative"
    assert kind_of("7", "Initiative", 0, {}) == "task"  # a team's own type of that name
    assert kind_of("7", "Saga", 3, {}) == "initiative"
    assert kind_of("7", "Chapter", 1, {}) == "epic"
    assert kind_of("7", "Milestone", 3, {}) == "milestone"
    assert kind_of("7", "Chore", -1, {}) == "task"
    assert kind_of("7", "Chore", 0, {}) is None


def test_states_follow_the_category_and_ends_without_completion() -> None:
    states = States(StateMap())
    assert states.of("new", "Open") == "todo"
    assert states.of("indeterminate", "Review") == "in_progress"
    assert states.of("done", "Closed") == "done"
    assert states.of("done", "cancelled") == "removed"
    assert states.of("done", "Closed", "Won't Do") == "removed"
    assert states.of("indeterminate", "Review", "Won't Do") == "in_progress"  # a resolution is no state


def test_priorities_rank_by_configuration_then_by_name() -> None:
    assert rank_of("P1", {"P1": 1}) == 1
    assert rank_of("Highest", {"Highest": 2}) == 2
    assert rank_of("lowest", {}) == 5
    assert rank_of("Whatever", {}) is None


def test_texts_of_fields_of_any_type() -> None:
    assert text_of(raw('{"value": "High", "id": "1"}')) == "High"
    assert text_of(raw('[{"name": "a"}, {"name": "b"}]')) == "a, b"
    assert text_of(raw("null")) is None
    assert text_of(raw("7.0")) == "7"
    assert (
        text_of(
            raw('{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"hi"}]}]}')
        )
        == "hi"
    )
    assert texts_of(raw('"AB-1, AB-2"')) == ["AB-1", "AB-2"]
    assert texts_of(raw("null")) == []
    assert number_of(raw('"1.5"')) == 1.5
    assert number_of(raw('"many"')) is None


def test_a_field_of_the_whole_site_wins_over_one_of_a_team() -> None:
    site = [field("c1", "Impact", scoped=True), field("c2", "Impact")]
    found = resolve(settings(fields={"impact": "impact"}), site)
    assert found.fields["impact"].id == "c2"


def test_ids_and_type_keys_name_a_field_too() -> None:
    key = "com.atlassian.jpo:jpo-custom-field-baseline-start"
    site = [field("c1", "Start", key=key), field("c2", "Start")]
    assert resolve(settings(), site).fields["start"].id == "c1"
    assert resolve(settings(fields={"start": "c2"}), site).fields["start"].id == "c2"
    assert resolve(settings(fields={"start": key}), site).fields["start"].id == "c1"


def test_start_date_stands_in_for_target_start_only_where_it_is_unique() -> None:
    assert resolve(settings(), [field("c1", "Start date")]).fields["start"].id == "c1"
    assert "start" not in resolve(settings(), [field("c1", "Start date"), field("c2", "Start date")]).fields


def test_two_fields_of_one_meaning_are_refused() -> None:
    key = "com.pyxis.greenhopper.jira:gh-sprint"
    with pytest.raises(FieldUnresolved, match="fits 2 fields"):
        resolve(settings(), [field("c1", "Sprint", "array", key), field("c2", "Sprint", "array", key)])


def test_a_field_to_write_that_is_not_there_harms_no_reading() -> None:
    found = resolve(
        settings(write={"fields": {"health": "Portfolio healt"}}), [field("c1", "Portfolio health")]
    )
    assert "Did you mean Portfolio health" in found.write_problems["health"]
    assert not found.writes


@pytest.mark.parametrize(
    ("slot", "type_", "wanted", "sent"),
    [
        ("health", "option", "red", {"value": "Red"}),
        ("health", "string", "red", "red"),
        ("percent_complete", "number", 40, 40.0),
        ("open_risks", "string", 2, "2"),
        ("forecast_finish", "date", "2026-04-01", "2026-04-01"),
        ("forecast_finish", "datetime", "2026-04-01", "2026-04-01T00:00:00.000+0000"),
        ("health", "option", None, None),
    ],
)
def test_a_value_is_sent_in_the_form_of_its_field(
    slot: FieldName, type_: str, wanted: Any, sent: Any
) -> None:
    one = slot_for(slot, field("c1", "F", type_), {})
    allowed = [raw('{"id": "1", "value": "Red"}')]
    assert one.write(wanted, allowed) == sent
    shown = msgspec.Raw(msgspec.json.encode(sent))
    assert one.read(shown) == wanted


def test_a_field_that_cannot_hold_a_value_says_so() -> None:
    assert "cannot hold" in str(slot_for("health", field("c1", "F", "user"), {}).problem)
    assert "no date field" in str(slot_for("forecast_finish", field("c1", "F", "number"), {}).problem)
    assert "number field" in str(slot_for("health", field("c1", "F", "number"), {}).problem)


# The configuration's entry.


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"url": "http://shop.example"}, "without TLS"),
        ({"url": "https://me@shop.example"}, "user name"),
        ({"api_url": "shop.example"}, "not absolute"),
        ({"auth": {"method": "api_token", "user": "a@b.c", "token": "plain"}}, "never written down"),
        ({"auth": {"method": "password"}}, "api_token"),
        ({"projects": ["CHK PAY"]}, "not a project key"),
        ({"kinds": {"Chore": "chores"}}, "there is no kind 'chores'"),
        ({"write": {"fields": {"helth": "x"}}}, "health"),
        ({"write": {"values": {"health": {"red": "R"}}}}, "not written"),
        ({"colour": "blue"}, "colour"),
        ({"name": "a b"}, "name"),
    ],
)
def test_a_wrong_entry_is_refused_with_what_is_wrong(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(**change)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "auth",
    [
        {"method": "api_token", "user": "a@b.c", "token": "S3CRET-canary"},
        {"method": "api_token", "user": "a@b.c", "token": {"env": "A", "value": "S3CRET-canary"}},
        {"method": "bearer", "password": "S3CRET-canary", "token": {"env": "A"}},
        "S3CRET-canary",
    ],
)
def test_a_secret_in_the_wrong_place_is_not_repeated(auth: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(auth=auth)
    assert "S3CRET" not in str(caught.value)


def test_the_mapping_version_follows_what_shapes_records_and_nothing_else(tmp_path: Any) -> None:
    def version(zone: str = "UTC", **more: Any) -> str:
        return JiraConnector(settings(**more), world(zone, tmp_path)).mapping_version

    plain = version()
    assert version(write={"comments": True}) == plain
    assert version(items_per_page=10) == plain
    assert version(fields={"start": "Begin"}) != plain
    assert version(kinds={"Chore": "bug"}) != plain
    assert version(zone="Asia/Tokyo") != plain


def test_without_a_write_block_nothing_is_written(tmp_path: Any) -> None:
    context = world("UTC", tmp_path)
    told = JiraConnector(settings(), context).capabilities
    assert (told.comment, told.fields) == ("none", frozenset())
    assert told.next_best_place


def test_both_kinds_are_registered_and_load_late() -> None:
    assert set(KINDS) >= {"jira", "project_file"}
    assert KINDS["jira"].settings_model() is JiraSettings
