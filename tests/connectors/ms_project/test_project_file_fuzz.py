"""Whatever stands in a field, the plan is read: what makes no sense is unknown, and nothing else is lost."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from plan_builder import plan, task

from connectors.contract import require_sound
from connectors.ms_project.mapping import Plan, map_plan
from connectors.ms_project.reader import _TABLES, NotAPlan, PlanReader
from connectors.ms_project.settings import ProjectFileFields

# What XML can hold at all; the reader's tables name every element that is looked at.
TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
)
VALUES = st.one_of(
    TEXT,
    st.integers(-(10**12), 10**12).map(str),
    st.floats().map(str),
    st.datetimes().map(lambda one: one.isoformat()),
    st.sampled_from(
        ["PT8H0M0S", "-PT1H", "1", "0", "true", "-65535", "2026-11-02T08:00:00", "9999-12-31T24:00:00"]
    ),
)


def row(table: str) -> st.SearchStrategy[dict[str, str]]:
    return st.dictionaries(st.sampled_from(sorted(_TABLES[table])), VALUES, max_size=12)


def read(text: str) -> Plan:
    reader = PlanReader()
    reader.feed(text.encode())
    return map_plan(
        reader.close(),
        source="plans",
        scope="plan.xml",
        fields=ProjectFileFields(team=("Team",)),
        zone=ZoneInfo("Europe/Zurich"),
    )


@given(
    fields=row("task"),
    link=row("link"),
    baseline=row("baseline"),
    resource=row("resource"),
    assignment=row("assignment"),
    header=st.dictionaries(
        st.sampled_from(["MinutesPerDay", "MinutesPerWeek", "StatusDate", "CalendarUID"]), VALUES
    ),
)
def test_any_value_of_a_task_is_read_or_unknown(
    fields: dict[str, str],
    link: dict[str, str],
    baseline: dict[str, str],
    resource: dict[str, str],
    assignment: dict[str, str],
    header: dict[str, str],
) -> None:
    odd = {**task(2), **fields, "PredecessorLink": {"PredecessorUID": 1, **link}, "Baseline": baseline}
    found = read(
        plan(
            [task(1), odd, task(3)], resources=[resource], assignments=[assignment, {"TaskUID": 1}], **header
        )
    )
    titles = {item.title for item in found.items}
    assert {"Task 1", "Task 3"} <= titles
    for record in (*found.items, *found.identities, *found.dependencies, found.schedule):
        require_sound(record, "plans")
    for own in found.baselines.values():
        for record in own:
            require_sound(record, "plans")


@given(day=row("day"), exception=row("exception"), period=row("period"), base=VALUES)
def test_any_value_of_a_calendar_is_read_or_left_out(
    day: dict[str, str], exception: dict[str, str], period: dict[str, str], base: str
) -> None:
    calendar = {
        "UID": 1,
        "Name": "Standard",
        "BaseCalendarUID": base,
        "WeekDays": {"WeekDay": {**day, "TimePeriod": period}},
        "Exceptions": {"Exception": {**exception, "TimePeriod": period}},
        "WorkWeeks": {"WorkWeek": {"TimePeriod": period, "WeekDays": {"WeekDay": day}}},
    }
    found = read(plan([task(1)], calendars=[calendar], CalendarUID=1))
    assert found.calendar is not None
    assert all(first <= last for first, last, _ in found.calendar.exceptions)


@given(st.integers(0, 4000), st.integers(1, 200))
def test_a_plan_that_is_cut_anywhere_yields_nothing(cut: int, piece: int) -> None:
    whole = plan([task(1), task(2)]).encode()
    text = whole[: min(cut, len(whole) - 1)]
    reader = PlanReader()
    try:
        for start in range(0, len(text), piece):
            reader.feed(text[start : start + piece])
        reader.close()
    except (SyntaxError, NotAPlan):  # lxml's XMLSyntaxError is a SyntaxError
        return
    raise AssertionError(f"a plan cut after {cut} bytes was read")


@given(st.integers(1, 300))
def test_the_size_of_the_pieces_changes_nothing(piece: int) -> None:
    text = plan(
        [task(1), task(2, PredecessorLink={"PredecessorUID": 1})], Title="Rollout of the shop"
    ).encode()
    reader = PlanReader()
    for start in range(0, len(text), piece):
        reader.feed(text[start : start + piece])
    rows = reader.close()
    assert rows.header["Title"] == "Rollout of the shop"
    assert [one.name for one in rows.tasks] == ["Task 1", "Task 2"]
    assert [one.predecessor_uid for one in rows.tasks[1].links] == ["1"]
