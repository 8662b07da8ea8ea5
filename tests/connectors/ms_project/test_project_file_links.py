"""Links, custom fields and what a plan says of itself."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import plan_builder as build
import pytest
from plan_builder import loaded, plan, task

# Links


def test_links_have_their_types_and_lags(tmp_path: Path) -> None:
    links = [
        {"PredecessorUID": 1, "Type": 1, "LinkLag": 4800, "LagFormat": 9},
        {"PredecessorUID": 2, "Type": 3, "LinkLag": -75, "LagFormat": 19},
        {"PredecessorUID": 3},
    ]
    found = loaded(tmp_path, plan([task(1), task(2), task(3), task(4, PredecessorLink=links)]))
    got = [
        (link.predecessor_id, link.type, link.lag_minutes, link.lag_percent) for link in found.dependencies
    ]
    assert got == [
        ("plans/plan.xml:1", "FS", 480, None),
        ("plans/plan.xml:2", "SS", None, -75.0),
        ("plans/plan.xml:3", "FS", 0, None),
    ]
    assert {link.successor_id for link in found.dependencies} == {"plans/plan.xml:4"}
    assert len({link.dependency_id for link in found.dependencies}) == 3


def test_two_links_between_two_tasks_are_two_links_and_the_same_one_twice_is_one(tmp_path: Path) -> None:
    links = [{"PredecessorUID": 1, "Type": kind} for kind in (1, 0, 1, 0)]
    found = loaded(tmp_path, plan([task(1), task(2, PredecessorLink=links)]))
    assert [link.type for link in found.dependencies] == ["FS", "FF"]
    assert len({link.dependency_id for link in found.dependencies}) == 2


@pytest.mark.parametrize(
    ("link", "note"),
    [
        (
            {"PredecessorUID": 99, "Type": 1},
            (
                "task 2 (UID 2), PredecessorLink: UID 99 is no other task of this plan that was read; "
                "the link is left out"
            ),
        ),
        (
            {"PredecessorUID": 98, "Type": 1, "CrossProject": 1, "CrossProjectName": "C:\\other.mpp\\4"},
            (
                "task 2 (UID 2), PredecessorLink: UID 98 is no other task of another plan that was read; "
                "the link is left out"
            ),
        ),
        (
            {"PredecessorUID": 1, "Type": 9},
            'task 2 (UID 2), PredecessorLink Type: "9" cannot be read; the link is left out',
        ),
    ],
)
def test_a_link_that_leads_nowhere_is_left_out_and_named(
    tmp_path: Path, link: dict[str, object], note: str
) -> None:
    found = loaded(tmp_path, plan([task(1), task(2, PredecessorLink=link)]))
    assert found.dependencies == []
    assert found.notes == [f"plan.xml: {note}"]


def test_a_lag_that_cannot_be_read_is_unknown_not_zero(tmp_path: Path) -> None:
    link = {"PredecessorUID": 1, "Type": 1, "LinkLag": "soon"}
    found = loaded(tmp_path, plan([task(1), task(2, PredecessorLink=link)]))
    assert (found.dependencies[0].lag_minutes, found.dependencies[0].lag_percent) == (None, None)


def test_a_plan_has_logic_where_two_of_its_detail_tasks_are_linked(tmp_path: Path) -> None:
    link = {"PredecessorUID": 1, "Type": 1}
    linked = loaded(tmp_path, plan([task(1), task(2, PredecessorLink=link)]))
    assert linked.schedule.has_logic is True
    by_summary = loaded(tmp_path, plan([task(1, Summary=1), task(2, PredecessorLink=link)]))
    assert by_summary.schedule.has_logic is False


# Custom fields


def fields(*definitions: tuple[str, str, str]) -> list[dict[str, object]]:
    return [{"FieldID": number, "FieldName": name, "Alias": alias} for number, name, alias in definitions]


def test_the_key_of_the_twin_stands_in_a_field_of_that_name(tmp_path: Path) -> None:
    definitions = fields(("188743731", "Text1", "jira key"), ("188743734", "Text2", "Colour"))
    values = [{"FieldID": 188743731, "Value": "CHK-12, PAY-3"}, {"FieldID": 188743734, "Value": "red"}]
    found = loaded(tmp_path, plan([task(1, ExtendedAttribute=values)], fields=definitions))
    assert found.items[0].twin_keys == ("CHK-12", "PAY-3")


def test_the_field_of_the_twin_may_be_configured_by_its_own_name(tmp_path: Path) -> None:
    definitions = fields(("188743731", "Text1", "Jira Key"), ("188743734", "Text2", "Colour"))
    values = [{"FieldID": 188743731, "Value": "CHK-12"}, {"FieldID": 188743734, "Value": "T-7"}]
    text = plan([task(1, ExtendedAttribute=values)], fields=definitions)
    assert loaded(tmp_path, text, fields={"twin_key": "Text2"}).items[0].twin_keys == ("T-7",)


def test_a_value_from_a_lookup_table_is_its_text(tmp_path: Path) -> None:
    codes = {
        "OutlineCode": {
            "FieldID": "188744096",
            "Values": {"Value": {"ValueID": 1, "FieldGUID": "aaaa-bbbb", "Value": "Payments"}},
        }
    }
    definitions = fields(("188744096", "Outline Code1", "Team"))
    values = {"FieldID": 188744096, "ValueGUID": "AAAA-BBBB"}
    text = plan([task(1, ExtendedAttribute=values)], fields=definitions, OutlineCodes=codes)
    assert loaded(tmp_path, text, fields={"team": "Team"}).items[0].team == "Payments"


# The plan


def test_the_plan_carries_its_own_facts(tmp_path: Path) -> None:
    text = plan(
        [task(1)], Title="Rollout", StatusDate="2026-11-20T17:00:00", MinutesPerDay=450, CurrencyCode="CHF"
    )
    schedule = loaded(tmp_path, text).schedule
    assert (schedule.name, schedule.status_date, schedule.minutes_per_day) == (
        "Rollout",
        date(2026, 11, 20),
        450,
    )
    assert (schedule.currency, schedule.scope, schedule.calendar_id) == ("CHF", "plan.xml", None)


def test_a_plan_without_a_title_is_called_by_its_file(tmp_path: Path) -> None:
    assert loaded(tmp_path, plan([task(1)])).schedule.name == "plan"


@pytest.mark.parametrize("namespace", [build.NAMESPACE, build.NAMESPACE + "/2007", ""])
def test_every_namespace_in_use_is_read(tmp_path: Path, namespace: str) -> None:
    found = loaded(tmp_path, plan([task(1)], namespace=namespace, Title="Rollout"))
    assert [item.title for item in found.items] == ["Task 1"]
    assert found.schedule.name == "Rollout"


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-8", None),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16LE"),
        ("utf-16-be", "UTF-16BE"),
        ("cp1252", "windows-1252"),
        ("latin-1", "ISO-8859-1"),
    ],
)
def test_every_encoding_that_planners_save_is_read(
    tmp_path: Path, encoding: str, declared: str | None
) -> None:
    before = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    path = tmp_path / "plan.xml"
    path.write_bytes(plan([task(1, Name="Büro räumen")], before=before).encode(encoding))
    assert build.read(path).items[0].title == "Büro räumen"


def test_past_a_hundred_complaints_the_rest_is_counted(tmp_path: Path) -> None:
    found = loaded(tmp_path, plan([task(uid, Finish="never") for uid in range(1, 151)]))
    assert len(found.notes) == 101
    assert found.notes[-1] == "plan.xml: 50 more like these"


def test_nonsense_in_the_header_falls_back_and_is_named(tmp_path: Path) -> None:
    found = loaded(tmp_path, plan([task(1)], MinutesPerDay="eight", StatusDate="soon"))
    assert (found.schedule.minutes_per_day, found.schedule.status_date) == (480, None)
    assert found.notes == [
        'plan.xml: MinutesPerDay: "eight" cannot be read; taken as 480',
        'plan.xml: StatusDate: "soon" cannot be read; taken as unknown',
    ]


def test_a_lag_around_the_clock_is_told_as_it_is_too(tmp_path: Path) -> None:
    links = [
        {"PredecessorUID": 1, "LinkLag": 28800, "LagFormat": 8},  # two elapsed days
        {"PredecessorUID": 2, "LinkLag": 28800, "LagFormat": 7},
        {"PredecessorUID": 3, "LinkLag": 50, "LagFormat": 20},  # elapsed percent
        {"PredecessorUID": 4, "LinkLag": "much", "LagFormat": 8},
    ]
    found = loaded(tmp_path, plan([task(1), task(2), task(3), task(4), task(5, PredecessorLink=links)]))
    assert [
        (link.lag_minutes, link.lag_percent, link.lag_elapsed_minutes) for link in found.dependencies
    ] == [
        (686, None, 2880),
        (2880, None, None),
        (None, 50.0, None),
        (None, None, None),
    ]
    assert found.notes == ['plan.xml: task 5 (UID 5), LinkLag: "much" cannot be read; taken as unknown']


def test_a_plan_says_when_it_starts_and_from_which_end_it_is_planned(tmp_path: Path) -> None:
    found = loaded(tmp_path, plan([task(1)], StartDate="2026-11-02T08:00:00", ScheduleFromStart=1)).schedule
    assert (found.start_at, found.is_from_finish) == ("2026-11-02T08:00", False)
    found = loaded(tmp_path, plan([task(1)], ScheduleFromStart=0)).schedule
    assert (found.start_at, found.is_from_finish) == (None, True)
    odd = loaded(tmp_path, plan([task(1)], StartDate="soon"))
    assert odd.schedule.start_at is None
    assert odd.notes == ['plan.xml: StartDate: "soon" cannot be read; taken as unknown']
