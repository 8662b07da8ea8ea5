"""Single values of Azure DevOps: dates and their zones, accounts, levels, kinds, settings."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError
from reading_world import ANN, BOB, NOON, Serve, many, new_site, records_of, told

from connectors.azure_devops import AzureDevOpsSettings
from connectors.azure_devops.fields import FieldUnresolved
from connectors.azure_devops.mapping_site import account_kind
from connectors.azure_devops.settings import StateMap, organisation_url
from connectors.azure_devops.values import (
    account_of,
    day,
    instant,
    item_number,
    kind_of,
    likelihood_of,
    name_and_mail,
    number_of,
    rank_of,
    severity_level,
    state_of,
    tags_of,
    text_of,
    truth_of,
)
from connectors.azure_devops.wire import Account
from portfolio.records import Change, Identity, Risk, WorkItem
from simulators.azure_devops import AzureDevOps

ZURICH, NEW_YORK, TOKYO = ZoneInfo("Europe/Zurich"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Tokyo")


@pytest.mark.parametrize(
    ("text", "zones", "expected"),
    [
        # A program wrote a date: midnight of UTC, whatever the portfolio's zone.
        ("2026-12-15T00:00:00Z", [ZURICH], date(2026, 12, 15)),
        ("2026-12-15T00:00:00Z", [NEW_YORK], date(2026, 12, 15)),
        # A person in Zurich chose 15 Dec; in summer the same hour is two before midnight.
        ("2026-12-14T23:00:00Z", [ZURICH], date(2026, 12, 15)),
        ("2026-06-14T22:00:00Z", [ZURICH], date(2026, 6, 15)),
        # One hour off it is no midnight in Zurich, but the evening before.
        ("2026-12-14T22:00:00Z", [ZURICH], date(2026, 12, 14)),
        # A person in New York chose 15 Dec, and the portfolio is there.
        ("2026-12-15T05:00:00Z", [NEW_YORK], date(2026, 12, 15)),
        # A person in Tokyo chose 15 Dec: a day early, unless the zone is named.
        ("2026-12-14T15:00:00Z", [ZURICH], date(2026, 12, 14)),
        ("2026-12-14T15:00:00Z", [ZURICH, TOKYO], date(2026, 12, 15)),
        # A time of day is a day in the portfolio's zone: five in the afternoon, and half past midnight.
        ("2026-12-15T16:00:00Z", [ZURICH], date(2026, 12, 15)),
        ("2026-12-14T23:30:00Z", [ZURICH], date(2026, 12, 15)),
        ("2026-12-15", [ZURICH], date(2026, 12, 15)),
        (None, [ZURICH], None),
        ("", [ZURICH], None),
    ],
)
def test_a_date_is_the_day_that_its_author_meant(
    text: str | None, zones: list[ZoneInfo], expected: date | None
) -> None:
    assert day(text, zones) == expected


def test_what_is_no_date_is_said_and_harms_nothing(serve: Serve) -> None:
    site = new_site()
    site.add_process("Shop", "Agile")
    site.add_field("Custom.Wish", "Wish", "string", process="Shop")
    site.add_project("Web", "Shop")
    item = site.create_item("Web", "Task", {"Custom.Wish": "soon"}, ANN)
    trial = serve(site)
    found = trial.items("items", projects=["Web"], fields={"due": ["Wish"]})
    assert found[item].due is None
    assert trial.skipped == [f"boards: {item}: due is no date"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2014-12-29T20:49:20.77Z", datetime(2014, 12, 29, 20, 49, 20, 770_000, UTC)),
        ("2026-03-02T13:00:00+01:00", datetime(2026, 3, 2, 12, 0, tzinfo=UTC)),
        ("2026-03-02T12:00:00", datetime(2026, 3, 2, 12, 0, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_in_every_form(text: str, expected: datetime) -> None:
    assert instant(text) == expected


@pytest.mark.parametrize(
    ("value", "account", "name", "mail"),
    [
        (
            Account(descriptor="aad.X", display_name="Ann", unique_name="ann@x.example"),
            "aad.X",
            "Ann",
            "ann@x.example",
        ),
        ("Ann Lead <Ann@X.example>", "ann@x.example", "Ann Lead", "Ann@X.example"),
        (r"Ann Lead <SHOP\ann>", r"shop\ann", "Ann Lead", None),
        ("Ann Lead", "Ann Lead", "Ann Lead", None),
        (Account(display_name="Ann", unique_name=r"SHOP\ann"), r"SHOP\ann", "Ann", None),
    ],
)
def test_an_account_is_its_descriptor_or_the_best_its_text_has(
    value: Account | str, account: str, name: str, mail: str | None
) -> None:
    assert account_of(value) == account
    assert name_and_mail(value) == (name, mail)


def test_nobody_is_nobody() -> None:
    assert account_of(None) is None
    assert account_of("") is None


@pytest.mark.parametrize(
    ("account", "name", "kind"),
    [
        ("aad.Y", "Ann", "person"),
        ("msa.Y", "Ann", "person"),
        ("vssgp.Y", "[Retail]\\Team", "group"),
        ("aadgp.Y", "Everybody", "group"),
        ("svc.Y", "Release", "service"),
        ("aadsp.Y", "Deployer", "service"),
        ("aad.Y", "Retail Build Service (shop)", "service"),
        ("ann@x.example", "Ann", "unknown"),
    ],
)
def test_the_form_of_a_descriptor_says_what_an_account_is(account: str, name: str, kind: str) -> None:
    assert account_kind(account, name) == kind


def test_tags_texts_numbers_and_truths() -> None:
    assert tags_of("Blocked;  at risk ; ") == ["Blocked", "at risk"]
    assert tags_of(None) == []
    assert text_of("<div>Reduce &amp; share</div>") == "Reduce & share"
    assert text_of("a < b") == "a < b"
    assert text_of(3.0) == "3"
    assert text_of({"displayName": "Ann"}) == "Ann"
    assert number_of("2.5") == 2.5
    assert number_of(True) is None
    assert number_of("many") is None
    assert [truth_of(one) for one in ("Yes", True, "true", 1, "No", False, None, 0)] == [True] * 4 + [
        False
    ] * 4


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("80", 5),
        ("79", 4),
        ("50", 3),
        ("19", 1),
        ("5", 5),
        ("1", 1),
        ("high", 4),
        ("40%", 3),
        ("150", None),
        (None, None),
    ],
)
def test_a_probability_is_a_percentage_or_a_level(text: str | None, level: int | None) -> None:
    assert likelihood_of(text) == level


@pytest.mark.parametrize(
    ("text", "level"), [("1 - Critical", 5), ("4 - Low", 2), ("Critical", None), (None, None)]
)
def test_a_severity_says_the_impact(text: str | None, level: int | None) -> None:
    assert severity_level(text) == level


def test_priorities_are_ranks() -> None:
    assert rank_of("1", {}) == 1
    assert rank_of("4", {}) == 4
    assert rank_of("4", {"4": 5}) == 5
    assert rank_of("Urgent", {}) is None


@pytest.mark.parametrize(
    ("category", "reason", "state"),
    [
        ("Proposed", None, "todo"),
        ("InProgress", None, "in_progress"),
        ("Resolved", "Fixed", "in_progress"),
        ("Completed", "Completed", "done"),
        ("Completed", "Cut", "removed"),
        ("InProgress", "Cut", "in_progress"),
        ("Removed", None, "removed"),
        ("Novel", None, None),
    ],
)
def test_a_state_is_read_by_its_category(category: str, reason: str | None, state: str | None) -> None:
    assert state_of(category, reason, StateMap()) == state


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("Epic", "epic"), ("Feature", "feature"), ("User Story", "story"), ("Product Backlog Item", "story"),
        ("Requirement", "story"), ("Task", "task"), ("Bug", "bug"), ("Issue", "issue"),
        ("Impediment", "issue"),
        ("Risk", "risk"), ("Change Request", "change"), ("Review", "task"), ("Wish", None),
    ],
)  # fmt: skip
def test_the_types_of_all_stock_processes_have_a_kind(type_: str, kind: str | None) -> None:
    assert kind_of(type_, {}) == kind


@pytest.mark.parametrize(
    ("url", "number"),
    [
        ("https://dev.azure.com/shop/5c1f/_apis/wit/workItems/12", 12),
        ("https://dev.azure.com/shop/_apis/wit/workItems/12/", 12),
        ("https://dev.azure.com/shop/_apis/wit/workItems/", None),
        ("https://dev.azure.com/shop/_apis/wit/workItems/not-an-id", None),
        ("https://dev.azure.com/shop/_apis/wit/workItems/12/comments/3", None),
        ("nowhere", None),
        ("", None),
        (None, None),
    ],
)
def test_the_address_of_an_item_ends_with_its_id(url: str | None, number: int | None) -> None:
    assert item_number(url) == number


# Types and risks over a socket -----------------------------------------------------------------------------


_STOCK = {
    "Agile": {
        "Epic": ("epic", "todo"), "Feature": ("feature", "todo"), "User Story": ("story", "todo"),
        "Task": ("task", "todo"), "Bug": ("bug", "todo"), "Issue": ("issue", "in_progress"),
    },
    "Scrum": {
        "Epic": ("epic", "todo"), "Product Backlog Item": ("story", "todo"), "Task": ("task", "todo"),
        "Impediment": ("issue", "in_progress"),
    },
    "CMMI": {
        "Requirement": ("story", "todo"), "Change Request": ("change", "todo"), "Risk": ("risk", "todo"),
        "Issue": ("issue", "todo"), "Review": ("task", "in_progress"),
    },
    "Basic": {"Epic": ("epic", "todo"), "Issue": ("issue", "todo"), "Task": ("task", "todo")},
}  # fmt: skip


@pytest.mark.parametrize("process", _STOCK)
def test_each_stock_process_is_read_by_its_own_types_and_states(serve: Serve, process: str) -> None:
    site = new_site(process)
    types = _STOCK[process]
    made = {type_: site.create_item("Retail", type_, {}, ANN) for type_ in types}
    items = serve(site).items("items")
    found = {type_: (items[number].kind, items[number].state) for type_, number in made.items()}
    assert found == types


def test_an_own_type_of_an_inherited_process_is_known_by_its_backlog_level(serve: Serve) -> None:
    site = new_site()
    site.add_process("Shop", "Agile")
    site.add_type("Shop", "Capability Slice", parent_type="Feature")
    site.add_type("Shop", "Wish")
    site.add_project("Web", "Shop")
    known = site.create_item("Web", "Capability Slice", {}, ANN)
    unknown = site.create_item("Web", "Wish", {}, ANN)
    trial = serve(site)
    items = trial.items("items", projects=["Web"])
    assert (items[known].kind, items[known].is_summary) == ("feature", True)
    assert (items[unknown].kind, items[unknown].is_summary) == ("task", False)
    trial.cursors.clear()
    assert trial.items("items", projects=["Web"], kinds={"Wish": "decision"})[unknown].kind == "decision"


def test_a_risk_of_cmmi_has_probability_impact_and_response(serve: Serve) -> None:
    site = new_site("CMMI")
    fields = {
        "Microsoft.VSTS.CMMI.Probability": 70,
        "Microsoft.VSTS.Common.Severity": "2 - High",
        "Microsoft.VSTS.CMMI.MitigationPlan": "<div>Buy a second gateway before the season; test it</div>",
    }
    item = site.create_item("Retail", "Risk", fields, ANN)
    (risk,) = [one for one in serve(site).pull("items") if isinstance(one, Risk)]
    assert risk.item_id == f"boards/{item}"
    assert (risk.probability, risk.probability_raw) == (4, "70")
    assert (risk.impact, risk.impact_raw) == (4, "2 - High")
    assert (risk.has_response, risk.response) == (True, None)  # a plan, not a strategy


def test_a_type_and_a_tag_can_be_made_risks_and_milestones(site: AzureDevOps, serve: Serve) -> None:
    issue = site.create_item("Retail", "Issue", {}, ANN)
    tagged = site.create_item("Retail", "Task", {"System.Tags": "Top Risk"}, ANN)
    milestone = site.create_item("Retail", "Task", {"System.Tags": "milestone"}, ANN)
    marks = {"risk_types": ["Issue"], "risk_tags": ["top risk"]}
    items = serve().items("items", marks=marks)
    assert (items[issue].kind, items[tagged].kind) == ("risk", "risk")
    assert (items[milestone].kind, items[milestone].is_milestone) == ("milestone", True)


def test_blocked_by_field_and_by_tag(serve: Serve) -> None:
    site = new_site("CMMI")
    field = site.create_item("Retail", "Task", {"Microsoft.VSTS.CMMI.Blocked": "Yes"}, ANN)
    tag = site.create_item("Retail", "Task", {"System.Tags": "blocked"}, ANN)
    free = site.create_item("Retail", "Task", {"Microsoft.VSTS.CMMI.Blocked": "No"}, ANN)
    items = serve(site).items("items")
    assert {number: items[number].is_blocked for number in (field, tag, free)} == {
        field: True,
        tag: True,
        free: False,
    }


def test_blocked_is_a_change_also_for_what_was_made_blocked(serve: Serve) -> None:
    site = new_site("CMMI")
    born = site.create_item("Retail", "Task", {"Microsoft.VSTS.CMMI.Blocked": "Yes"}, ANN)
    later = site.create_item("Retail", "Task", {"System.Title": "free"}, ANN)
    for on, tags in ((3, "Blocked"), (5, "ready"), (9, "Blocked; ready"), (10, "Blocked")):
        site.edit_item(later, {"System.Tags": tags}, BOB, datetime(2026, 3, on, 9, tzinfo=UTC))
    changes = [one for one in records_of(Change, serve(site).pull("history")) if one.field == "blocked"]
    assert [(one.item_id, one.at, one.by, one.before, one.after) for one in changes] == [
        (f"boards/{born}", NOON, site.find_user(ANN).descriptor, None, "true"),
        *(
            (f"boards/{later}", datetime(2026, 3, on, 9, tzinfo=UTC), site.find_user(BOB).descriptor, *values)
            for on, *values in ((3, None, "true"), (5, "true", None), (9, None, "true"))
        ),
    ]
    assert changes[0].event_id == f"{born}.1.blocked"


def test_severity_and_the_column_of_the_board_are_told_as_people_see_them(serve: Serve) -> None:
    site = new_site()
    severity, column = "Microsoft.VSTS.Common.Severity", "System.BoardColumn"
    bug = site.create_item("Retail", "Bug", {severity: "2 - High", column: "In review"}, ANN)
    task = site.create_item("Retail", "Task", {"System.Title": "no bug, on no board"}, ANN)
    trial = serve(site)
    items = trial.items("items")
    assert (items[bug].severity, items[bug].board_column) == ("2 - High", "In review")
    assert (items[task].severity, items[task].board_column) == (None, None)
    site.edit_item(bug, {severity: "1 - Critical", column: "Done"}, BOB)
    records = trial.pull("items")  # read whole this time
    (item,) = records_of(WorkItem, records)
    assert (item.severity, item.board_column) == ("1 - Critical", "Done")
    assert ("severity", "2 - High", "1 - Critical") in told(bug, records)
    assert ("board_column", "In review", "Done") in told(bug, records)


def test_efforts_and_points_come_from_the_field_that_is_filled(site: AzureDevOps, serve: Serve) -> None:
    scheduling = "Microsoft.VSTS.Scheduling."
    task = site.create_item(
        "Retail",
        "Task",
        {
            f"{scheduling}OriginalEstimate": 8.0,
            f"{scheduling}RemainingWork": 3.5,
            f"{scheduling}CompletedWork": 5.0,
        },
        ANN,
    )
    story = site.create_item("Retail", "User Story", {f"{scheduling}StoryPoints": 5.0}, ANN)
    epic = site.create_item("Retail", "Epic", {f"{scheduling}Effort": 40.0}, ANN)
    items = serve().items("items")
    found = items[task]
    assert (found.estimate_hours, found.remaining_hours, found.spent_hours) == (8.0, 3.5, 5.0)
    assert (found.points, items[story].points, items[epic].points) == (None, 5.0, 40.0)


def test_an_account_is_told_of_with_its_address(site: AzureDevOps, serve: Serve) -> None:
    site.create_item("Retail", "Task", {"System.AssignedTo": BOB}, ANN)
    (bob,) = [one for one in serve().pull("items") if isinstance(one, Identity)]
    assert (bob.account_id, bob.name, bob.email) == (site.person(BOB).descriptor, "Bob Maker", BOB)
    assert (bob.kind, bob.is_active) == ("person", None)


# Settings ---------------------------------------------------------------------------------------------------


def settings(**changes: Any) -> AzureDevOpsSettings:
    entry: dict[str, Any] = {
        "name": "boards",
        "kind": "azure_devops",
        "url": "https://dev.azure.com/shop",
        "auth": {"method": "pat", "token": {"env": "ADO_PAT"}},
    }
    return AzureDevOpsSettings.model_validate(entry | changes)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://dev.azure.com/shop", "https://dev.azure.com/shop"),
        ("https://dev.azure.com/shop/", "https://dev.azure.com/shop"),
        ("https://dev.azure.com/shop/Retail/_boards/board", "https://dev.azure.com/shop"),
        ("https://shop.visualstudio.com", "https://dev.azure.com/shop"),
        ("https://Shop.VisualStudio.com/DefaultCollection/Retail", "https://dev.azure.com/shop"),
        ("http://127.0.0.1:8080/demo", "http://127.0.0.1:8080/demo"),
    ],
)
def test_addresses_that_people_paste_become_one(given: str, expected: str) -> None:
    assert settings(url=given).url == expected


def test_the_directory_is_beside_the_organisation() -> None:
    assert settings().accounts_url == "https://vssps.dev.azure.com/shop"
    assert (
        settings(identity_url="https://accounts.example/shop/").accounts_url
        == "https://accounts.example/shop"
    )
    assert settings(url="http://127.0.0.1:8080/demo").accounts_url == "http://127.0.0.1:8080/demo"


def test_an_address_without_an_organisation_is_refused() -> None:
    with pytest.raises(ValueError, match="organisation is missing"):
        organisation_url("https://dev.azure.com")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "http://dev.azure.com/shop"}, "without TLS"),
        ({"kinds": {"Wish": "dream"}}, "no kind 'dream'"),
        ({"date_zones": ["Europe/Atlantis"]}, "no time zone 'Europe/Atlantis'"),
        ({"items_per_page": 2000}, "less than or equal to 1000"),
        ({"auth": {"method": "pat", "token": "plain"}}, "never written down here"),
        (
            {"auth": {"method": "entra_app", "tenant": "t", "client_id": "c"}},
            "exactly one of secret and certificate",
        ),
        (
            {
                "auth": {
                    "method": "entra_app",
                    "tenant": "https://x",
                    "client_id": "c",
                    "secret": {"env": "S"},
                }
            },
            "tenant",
        ),
        ({"write": {"values": {"health": {"green": "Good"}}}}, "not written: health"),
    ],
)
def test_settings_that_cannot_work_are_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        settings(**changes)


def test_a_field_that_is_not_there_is_named(site: AzureDevOps, serve: Serve) -> None:
    many(site, 1)
    with pytest.raises(FieldUnresolved, match=r"fields\.team: there is no field 'Squad'"):
        serve().pull("items", fields={"team": "Squad"})


def test_the_list_of_fields_is_asked_for_only_where_a_name_may_be_missing(
    site: AzureDevOps, serve: Serve
) -> None:
    many(site, 1)
    trial = serve()
    trial.pull("items")
    assert trial.sent()["GET /_apis/wit/fields"] == 0
    trial.cursors.clear()
    trial.pull("items", fields={"team": "Area Path"})
    assert trial.sent()["GET /_apis/wit/fields"] == 1


def test_a_project_that_was_renamed_is_still_read(site: AzureDevOps, serve: Serve) -> None:
    (item,) = many(site, 1)
    trial = serve()
    trial.pull()
    site.rename_project("Retail", "Shops")
    trial.pull()
    site.clock.advance(minutes=5)
    site.edit_item(item, {"System.Title": "changed"}, ANN)
    assert trial.items()[item].scope == "Shops"
    site.clock.advance(minutes=5)
    site.edit_item(item, {"System.Title": "changed again"}, ANN)
    assert trial.items()[item].title == "changed again"
