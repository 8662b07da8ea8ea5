"""What the parts of one derivation share: settings, columns of items, people, calendars, and the reach."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np

from portfolio.records import ItemId, SourceId
from schedule.calendars import DayArray, WorkCalendar, days_of_instants
from schedule.commitment import PromiseRules
from schedule.hierarchy import Hierarchy, IntArray
from schedule.promises import Edits
from store.frames import BoolArray, Coded, Frame, Ints
from sync.absences import PersonCalendar
from sync.addresses import AddressIndex
from sync.people import People
from sync.placement import Placement, TreeNode
from sync.twins import TwinDecision

if TYPE_CHECKING:
    from store import Store
    from sync.changed import Reach
    from sync.derive_links import Links
    from sync.derive_network import NetworkDates
    from sync.timeline import Entries

PORTFOLIO_CALENDAR = "portfolio"
ENDED = ("done", "removed")
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
        promises: when a date becomes a promise, where the tree does not say otherwise.
        baseline: the name of the baseline that counts; None is each plan's own.
        person_calendars: when people work and are away, by e-mail address.
        forecast_step_wd: a forecast that moved by fewer working days stands as it was.
        dates_written_to: sources whose due dates Dovetail may write, which no timeline tells then.
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
    promises: PromiseRules = field(default_factory=PromiseRules)
    baseline: str | None = None
    person_calendars: Mapping[str, PersonCalendar] = field(default_factory=dict)
    forecast_step_wd: int = 5
    dates_written_to: Sequence[SourceId] = ()

    @property
    def moments(self) -> frozenset[str]:
        """The kinds of moments that commit anywhere: `label` and `status` without a name."""
        rules = [self.promises, *(node.promises for node in self.tree if node.promises is not None)]
        return frozenset(moment.partition(":")[0] for one in rules for moment in one.committed_by)


@dataclass(slots=True)
class BaselineFacts:
    """What derivation knows of the baselines of schedules.

    Attributes:
        taken_at: of the configured baseline, by schedule that it covers.
        changed_12m: how often the baseline of a schedule was changed in the last twelve months, as far as
            Dovetail has watched it.
        missing: the name of the configured baseline where nothing is stored under it.
    """

    taken_at: dict[str, datetime | None] = field(default_factory=dict)
    changed_12m: dict[str, int] = field(default_factory=dict)
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class PlanComparison:
    """How many items of a plan have a float in its file, and where those stand that get another from us."""

    name: str
    compared: int
    differ: IntArray


@dataclass(slots=True)
class Workspace:
    """Everything the parts of one derivation share.

    Attributes:
        items: what trackers say of the loaded items, in the order of their ids. All of a portfolio in a full
            derivation, else what a change reaches and what stands around it.
        derived: what has been derived of them so far; parallel to `items`.
        position: where an item stands in both.
        is_reached: which of them are derived anew; the others are there to be read, with what was derived of
            them before.
        hierarchy: parents and children; whole for everything that is reached.
        calendars, calendar_ids: the working calendars, and each item's.
        reach: see there.
        former_keys, addresses: keys that items had before they moved, and where all items stand; in a full
            derivation only.
        basis: a digest of whatever else than the portfolio's own rows has a part in the result.
        is_look_ahead: this is not the day that it is: nothing may be remembered of it.
        links: the dependencies, once they are derived.
        baselines: which schedules the configured baseline covers, and what changed at baselines.
        comparisons: of each plan whose network was worked out anew, by schedule id.
        network: what the network across trackers says, once it is derived.
        unknown_ends: how many dependencies lead to an address that no source delivers.
        due_edits: how the due dates of what is reached were edited, once promises are derived.
        histories: the entries of some fields of what is reached, from there until children are counted.
        learned: what work taught today beside what forecasts learn, by family and class; None where what was
            learned is kept.
        indices: what the checks of each schedule come to, by the columns of `derived_schedule`, once they are
            derived.
    """

    settings: DeriveSettings
    today: date
    now: datetime
    items: Frame
    derived: Frame
    position: dict[ItemId, int]
    is_reached: BoolArray
    hierarchy: Hierarchy
    people: People
    placement: Placement
    calendars: dict[str, WorkCalendar]
    calendar_ids: Coded
    reach: Reach
    former_keys: dict[str, ItemId] = field(default_factory=dict)
    addresses: AddressIndex = field(default_factory=AddressIndex)
    baselines: BaselineFacts = field(default_factory=BaselineFacts)
    comparisons: dict[str, PlanComparison] = field(default_factory=dict)
    unknown_ends: int = 0
    basis: str = ""
    is_look_ahead: bool = False
    due_edits: Edits | None = None
    histories: dict[str, Entries] = field(default_factory=dict)
    learned: dict[str, dict[str, Any]] | None = None
    indices: dict[str, dict[str, Any]] = field(default_factory=dict)
    _links: Links | None = None
    _network: NetworkDates | None = None

    @property
    def links(self) -> Links:
        """The dependencies.

        Raises:
            RuntimeError: they are not derived yet: the order of the steps is wrong.
        """
        if self._links is None:
            raise RuntimeError("dependencies are read before they are derived")
        return self._links

    @links.setter
    def links(self, links: Links) -> None:
        self._links = links

    @property
    def network(self) -> NetworkDates:
        """What the network across trackers says of the items.

        Raises:
            RuntimeError: it is not derived yet: the order of the steps is wrong.
        """
        if self._network is None:
            raise RuntimeError("the network is read before it is derived")
        return self._network

    @network.setter
    def network(self, network: NetworkDates) -> None:
        self._network = network

    @property
    def is_full(self) -> bool:
        """Whether everything is derived anew."""
        return self.reach.is_everything

    @property
    def zone(self) -> ZoneInfo:
        """The portfolio's zone."""
        return ZoneInfo(self.settings.timezone)

    @property
    def portfolio_calendar(self) -> WorkCalendar:
        """The calendar of everything that has none of its own."""
        return self.calendars[PORTFOLIO_CALENDAR]

    def calendar_of(self, index: int) -> WorkCalendar:
        """The working calendar of the item at this position."""
        return self.calendars[self.calendar_ids.at(index)]

    def positions(self, ids: Sequence[str | None]) -> IntArray:
        """Where these items stand; -1 for what is not loaded."""
        place = self.position.get
        return np.fromiter((place(one, -1) for one in ids), dtype=np.int64, count=len(ids))  # type: ignore[arg-type] # None is no item

    def positions_of(self, ids: Coded) -> IntArray:
        """Where the items of a coded column stand; -1 for what is not loaded."""
        return np.append(self.positions(ids.words), -1)[ids.codes]

    def reach_late(self, rows: IntArray) -> None:
        """Derive these positions anew, too: what a step found says that a change reaches them.

        What the steps before it have derived of them stands; steps after it find them among `is_reached`.
        """
        ids = self.items.keys("item_id")
        self.is_reached[rows] = True
        self.reach.items.update(ids[row] for row in rows.tolist())

    def put_back(self, store: Store, names: Sequence[str], rows: IntArray) -> None:
        """Put what was derived of these positions before into columns of `derived` that are there."""
        if not len(rows):
            return
        ids = self.items.keys("item_id")
        stored = store.frame(
            "derived_item",
            ("item_id", *names),
            texts=("item_id",),
            among=("item_id", [ids[row] for row in rows.tolist()]),
            live_only=False,
        )
        found = self.positions(stored.texts("item_id"))
        stored.drop("item_id")
        self.derived.overlay(found, stored)

    def write(self, store: Store, table: str, rows: Frame | Columns, *, keys: Collection[Any]) -> int:
        """Make a table hold these rows: all of it in a full derivation, else what stands under `keys`.

        Args:
            store: receives the rows.
            table: a derived one.
            rows: they may stand under no other keys.
            keys: what was to be derived anew; not looked at in a full derivation.

        Returns:
            The rows that changed.
        """
        return store.replace(table, rows, within=None if self.is_full else keys)


def by_calendar(calendar_ids: Coded) -> Iterator[tuple[str, IntArray]]:
    """The calendars and the positions that count in each."""
    for code, name in enumerate(calendar_ids.words):
        rows = np.flatnonzero(calendar_ids.codes == code)
        if len(rows):
            yield name, rows


def ordinals(
    calendars: Mapping[str, WorkCalendar], calendar_ids: Coded, days: DayArray, zone: ZoneInfo
) -> Ints:
    """The working-day numbers of dates, or of the days of instants, each row in its own calendar."""
    if np.datetime_data(days.dtype)[0] != "D":
        days = days_of_instants(days, zone)
    numbers = np.zeros(len(days), dtype=np.int64)
    known = np.zeros(len(days), dtype=bool)
    for name, rows in by_calendar(calendar_ids):
        numbers[rows], known[rows] = calendars[name].known_ordinals(days[rows])
    return Ints(numbers, known)


def difference(later: Ints, earlier: Ints) -> Ints:
    """What is between two columns of working-day numbers, where both are known."""
    known = later.known & earlier.known
    return Ints(np.where(known, later.values - earlier.values, 0), known)
