"""What the parts of one derivation share: settings, columns of items, people, calendars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from portfolio.records import ItemId
from schedule.calendars import WorkCalendar, as_days, instants_as_days
from schedule.commitment import SETTLE_DAYS
from schedule.hierarchy import Hierarchy
from sync.people import People
from sync.placement import Placement, TreeNode
from sync.twins import TwinDecision

PORTFOLIO_CALENDAR = "portfolio"
Columns: TypeAlias = dict[str, list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeriveSettings:
    """What of the configuration derivation needs.

    Attributes:
        timezone: the portfolio's zone, in which an instant has a day.
        weekdays: ISO weekdays that are worked.
        holidays: a country or region such as `CH-ZH`, or None.
        days_off: further days off.
        tree: the PMO's own tree.
        aliases: accounts and addresses of one person, see `People`.
        left: addresses or accounts of people who have left.
        twins: pairs of `source:key` that are the same piece of work.
        twin_decisions: the pairs that people confirmed and rejected.
        settle_days: how long an edit of a promise is a correction.
    """

    timezone: str = "UTC"
    weekdays: Sequence[int] = (1, 2, 3, 4, 5)
    holidays: str | None = None
    days_off: Sequence[date] = ()
    tree: Sequence[TreeNode] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    left: Sequence[str] = ()
    twins: Sequence[tuple[str, str]] = ()
    twin_decisions: Sequence[TwinDecision] = ()
    settle_days: int = SETTLE_DAYS


@dataclass(slots=True)
class Workspace:
    """Everything the parts of one derivation share. Lists are parallel to `items["item_id"]`."""

    settings: DeriveSettings
    today: date
    now: datetime
    items: Columns
    position: dict[ItemId, int]
    hierarchy: Hierarchy
    people: People
    placement: Placement
    calendars: dict[str, WorkCalendar]
    calendar_ids: list[str]
    derived: Columns

    @property
    def portfolio_calendar(self) -> WorkCalendar:
        """The calendar of everything that has none of its own."""
        return self.calendars[PORTFOLIO_CALENDAR]

    def calendar_of(self, index: int) -> WorkCalendar:
        """The working calendar of the item at this position."""
        return self.calendars[self.calendar_ids[index]]


def by_calendar(calendar_ids: Sequence[str]) -> dict[str, list[int]]:
    """Positions grouped by the calendar they count in."""
    groups: dict[str, list[int]] = {}
    for index, name in enumerate(calendar_ids):
        groups.setdefault(name, []).append(index)
    return groups


def ordinals(
    work: Workspace,
    groups: Mapping[str, Sequence[int]],
    values: Sequence[Any],
    zone: ZoneInfo,
    *,
    is_instant: bool,
) -> list[int | None]:
    """The working-day numbers of a column of dates or instants, each row in its own calendar."""
    answer: list[int | None] = [None] * len(values)
    for name, indices in groups.items():
        some = [values[index] for index in indices]
        days = instants_as_days(some, zone) if is_instant else as_days(some)
        for index, ordinal in zip(indices, work.calendars[name].ordinals_of(days), strict=True):
            answer[index] = ordinal
    return answer
