"""The test suite every connector must pass. Needs the extra `testing`.

A connector's tests subclass `ConnectorContract` and give it a `world`: the tracker behind the connector, and
the few things people do there.

    class TestAcme(ConnectorContract):
        @pytest.fixture
        def world(self) -> World:
            return AcmeWorld()
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

import msgspec
import pytest

from connectors.base import Capability, Connector, Diagnosis
from connectors.contract_push import PushContract
from portfolio.errors import CursorRejected, SourceError
from portfolio.records import (
    CONSTRAINTS,
    KINDS,
    LINK_TYPES,
    OWNER_KINDS,
    STATES,
    AnyRecord,
    Cursor,
    Dependency,
    Identity,
    IdPage,
    ItemId,
    Page,
    WorkItem,
    item_id,
)

__all__ = ["ConnectorContract", "World"]

_WALL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")
_LEVELS = ("OK", "WARN", "FAIL")
_DATES = frozenset({"start", "due", "finish", "end", "date", "actual_start", "actual_finish", "deadline"})


class World(ABC):
    """The tracker behind a connector, as far as the suite moves it.

    Attributes:
        many: how many items make a pull of more than one page, where the connector pages at all.
    """

    many: int = 7

    @abstractmethod
    def connect(self) -> Connector:
        """A new connector to this tracker that remembers nothing of earlier ones."""

    @abstractmethod
    def arrange(self, count: int) -> Sequence[ItemId]:
        """Make so many items, which the connector can see and write to; gives their ids."""

    @abstractmethod
    def change(self, item: ItemId) -> None:
        """A person changes something of the item that its record shows."""

    @abstractmethod
    def delete(self, item: ItemId) -> None:
        """A person deletes the item."""

    @abstractmethod
    def settle(self) -> None:
        """Let as much time pass as the tracker needs to tell two changes apart; perhaps none."""

    def connect_broken(self) -> Connector | None:
        """A connector whose settings cannot work (wrong address, no such file); None where none can be."""
        return None

    def requests(self) -> int | None:
        """How many requests the tracker has seen; None where nobody counts."""
        return None

    def writes(self) -> int | None:
        """How many writes of ours took effect; None where nobody counts."""
        return None


class Reading:
    """One pull of every stream, as far as it came."""

    def __init__(self, connector: Connector, since: dict[str, Cursor] | None = None) -> None:
        self.pages: dict[str, list[Page]] = {}
        self.failure: SourceError | None = None
        for stream in connector.streams:
            pages = self.pages.setdefault(stream, [])
            try:
                pages.extend(connector.pull(stream, (since or {}).get(stream)))
            except CursorRejected:
                raise
            except SourceError as error:
                self.failure = error

    @property
    def cursors(self) -> dict[str, Cursor]:
        """The last cursor of each stream that has one."""
        found = {stream: last_cursor(pages) for stream, pages in self.pages.items()}
        return {stream: cursor for stream, cursor in found.items() if cursor is not None}

    @property
    def records(self) -> list[AnyRecord]:
        """Everything that was delivered, in order."""
        return [one for pages in self.pages.values() for page in pages for one in page.records]

    @property
    def items(self) -> dict[ItemId, WorkItem]:
        """The items as they were delivered last."""
        return items_of(page for pages in self.pages.values() for page in pages)

    @property
    def gone(self) -> set[ItemId]:
        """Items that a page says are gone."""
        return {one.item_id for pages in self.pages.values() for page in pages for one in page.gone}

    @property
    def complete(self) -> list[IdPage]:
        """The complete lists that pages carried."""
        return [one for pages in self.pages.values() for page in pages for one in page.complete]


def items_of(pages: Iterable[Page]) -> dict[ItemId, WorkItem]:
    """The items of these pages, by id."""
    return {one.item_id: one for page in pages for one in page.records if isinstance(one, WorkItem)}


def last_cursor(pages: Sequence[Page]) -> Cursor | None:
    """Where the stream stands after these pages."""
    return next((page.cursor for page in reversed(pages) if page.cursor is not None), None)


class ConnectorContract(PushContract):
    """What the engine relies on. Every test stands for a promise of DESIGN §6."""

    @pytest.fixture
    def world(self) -> World:
        """The tracker to test against: each connector's tests override this."""
        raise NotImplementedError("override the fixture `world`")

    @pytest.fixture
    def connector(self, world: World) -> Iterator[Connector]:
        """One connector, closed afterwards."""
        one = world.connect()
        yield one
        one.close()

    # What it is -------------------------------------------------------------------------------------------

    def test_it_speaks_the_protocol(self, connector: Connector) -> None:
        """It has every member of the protocol, a kind, and streams that are named once."""
        require(isinstance(connector, Connector), "it lacks members of the protocol Connector")
        require(bool(connector.kind), "its kind has no name")
        require(bool(connector.streams), "it has no streams")
        require(len(set(connector.streams)) == len(connector.streams), "a stream is named twice")
        require(bool(connector.mapping_version), "it has no mapping version")

    def test_capabilities_are_plain_data(self, world: World, connector: Connector) -> None:
        """They can be hashed, stored and compared, and do not change from one connector to the next."""
        told = connector.capabilities
        hash(told)
        again = msgspec.json.decode(msgspec.json.encode(told), type=Capability)
        require(again == told, "capabilities do not survive JSON")
        require(world.connect().capabilities == told, "two connectors of one source disagree")
        require(bool(told.form), "the form of the tracker has no name")
        require(told.list_streams <= set(connector.streams), "list_streams names a stream it does not have")
        if told.comment == "none" or not told.fields:
            require(bool(told.next_best_place), "it has no place for something, and names no next best one")

    def test_the_mapping_version_is_stable(self, world: World, connector: Connector) -> None:
        """The same configuration gives the same version, or every run would read everything again."""
        require(world.connect().mapping_version == connector.mapping_version, "it changes by itself")

    def test_diagnose_gives_lines(self, world: World, connector: Connector) -> None:
        """Doctor has something to show, without an exception."""
        world.arrange(1)
        require_lines(list(connector.diagnose()))

    def test_diagnose_never_raises_even_with_settings_that_cannot_work(self, world: World) -> None:
        """What is wrong becomes a line that says FAIL."""
        broken = world.connect_broken()
        if broken is None:
            pytest.skip("settings of this connector cannot be wrong")
        lines = list(broken.diagnose())
        require_lines(lines)
        require(any(line.level == "FAIL" for line in lines), "nothing says FAIL")
        broken.close()

    def test_closing_twice_is_harmless(self, connector: Connector) -> None:
        """Close is called wherever a run ends."""
        connector.close()
        connector.close()

    # What it delivers -------------------------------------------------------------------------------------

    def test_every_item_is_delivered(self, world: World, connector: Connector) -> None:
        """A pull without a cursor delivers everything."""
        made = set(world.arrange(world.many))
        missing = made - Reading(connector).items.keys()
        require(not missing, f"not delivered: {sorted(missing)}")

    def test_two_pulls_from_the_beginning_give_equal_records(self, world: World) -> None:
        """Records are a function of the tracker's state."""
        world.arrange(world.many)
        first, second = Reading(world.connect()), Reading(world.connect())
        require(first.records == second.records, "two pulls of the same state differ")

    def test_records_are_of_the_source_and_well_formed(self, world: World, connector: Connector) -> None:
        """Ids, states, instants, wall times and percentages are what `portfolio.records` says."""
        world.arrange(world.many)
        for record in Reading(connector).records:
            require_sound(record, connector.source)

    def test_complete_lists_name_what_they_deliver(self, world: World, connector: Connector) -> None:
        """An item that is delivered and not on its own scope's complete list would be deleted at once."""
        world.arrange(world.many)
        reading = Reading(connector)
        listed = {one.scope: set(one.ids) for one in reading.complete if one.is_readable}
        for item in reading.items.values():
            if item.scope in listed:
                require(
                    item.item_id in listed[item.scope], f"{item.item_id} is missing from its scope's list"
                )

    def test_nothing_new_is_nothing_to_store(self, world: World, connector: Connector) -> None:
        """A pull after a pull delivers no items where nobody changed any."""
        world.arrange(world.many)
        world.settle()
        first = Reading(connector)
        world.settle()
        streams = uses_cursors(first)
        again = Reading(connector, first.cursors)
        seen = items_of(page for stream in streams for page in again.pages[stream])
        require(not seen, f"delivered again without a change: {sorted(seen)}")

    def test_a_change_is_seen_and_the_identity_stays(self, world: World, connector: Connector) -> None:
        """The changed item comes again under its id, and differs."""
        made = world.arrange(world.many)
        before = Reading(connector)
        world.settle()
        world.change(made[0])
        world.settle()
        after = Reading(connector, before.cursors).items
        require(made[0] in after, "the change was not seen")
        require(after[made[0]] != before.items[made[0]], "the record did not change")
        require(after.keys() <= before.items.keys(), "the change made new identities")

    def test_new_items_are_seen(self, world: World, connector: Connector) -> None:
        """What is made after a pull comes with the next one."""
        world.arrange(2)
        before = Reading(connector)
        world.settle()
        made = set(world.arrange(2))
        world.settle()
        missing = made - Reading(connector, before.cursors).items.keys()
        require(not missing, f"new items were not seen: {sorted(missing)}")

    def test_a_deleted_item_is_noticed_and_nothing_else_is(self, world: World, connector: Connector) -> None:
        """By an event, a complete page or the census, as the capability says."""
        made = world.arrange(world.many)
        before = Reading(connector)
        world.settle()
        world.delete(made[1])
        world.settle()
        after = Reading(connector, before.cursors)
        lists = [*after.complete, *(one for stream in connector.streams for one in connector.census(stream))]
        lost = after.gone | unlisted(before.items.values(), lists)
        require(made[1] in lost, "the deletion was not noticed")
        require(lost == {made[1]}, f"also called gone: {sorted(lost - {made[1]})}")

    def test_the_census_is_complete(self, world: World, connector: Connector) -> None:
        """Every item that a pull delivers is in the census, where there is one, under its own scope."""
        world.arrange(world.many)
        items = Reading(connector).items
        lists = [one for stream in connector.streams for one in connector.census(stream)]
        if not lists:
            require(connector.capabilities.detects_deletes != "census", "it promises a census and has none")
            return
        require(all(one.is_readable for one in lists), "a scope that can be pulled is not readable")
        missing = {
            item.item_id
            for item in items.values()
            if not any(one.covers(item.scope) and item.item_id in one.ids for one in lists)
        }
        require(not missing, f"not in the census: {sorted(missing)}")

    # Where it continues -----------------------------------------------------------------------------------

    def test_resuming_after_any_page_loses_nothing(self, world: World, connector: Connector) -> None:
        """A run that was killed after any page continues there, and repeats that one page at most."""
        world.arrange(world.many)
        world.settle()
        whole = Reading(connector)
        for stream in uses_cursors(whole):
            pages = whole.pages[stream]
            for at, page in enumerate(pages):
                if page.cursor is None:
                    continue
                rest = items_of(world.connect().pull(stream, page.cursor))
                stored = items_of(pages[: at + 1])
                lost = items_of(pages).keys() - stored.keys() - rest.keys()
                require(not lost, f"lost after page {at + 1} of {stream}: {sorted(lost)}")
                repeated = rest.keys() & (items_of(pages[:at]).keys() - items_of([page]).keys())
                require(not repeated, f"repeated from before page {at + 1} of {stream}: {sorted(repeated)}")

    def test_cursors_survive_json(self, world: World, connector: Connector) -> None:
        """The store keeps a cursor as JSON; what comes back continues in the same place."""
        world.arrange(world.many)
        world.settle()
        whole = Reading(connector)
        for stream, cursor in whole.cursors.items():
            stored = msgspec.json.decode(msgspec.json.encode(cursor), type=Cursor)
            require(stored == cursor, f"the cursor of {stream} does not survive JSON")
            one, other = connector.pull(stream, cursor), connector.pull(stream, stored)
            require(items_of(one) == items_of(other), f"the stored cursor of {stream} continues elsewhere")

    @pytest.mark.parametrize("what", ["another version", "another shape"])
    def test_an_unusable_cursor_is_rejected(self, world: World, connector: Connector, what: str) -> None:
        """CursorRejected makes the stream start over; anything else would lose or stop.

        A small list is read whole anyway, so its cursor may be ignored.
        """
        world.arrange(1)
        for stream, cursor in Reading(connector).cursors.items():
            if stream in connector.capabilities.list_streams:
                continue
            unusable = Cursor(version=cursor.version, value={key: ["?"] for key in cursor.value})
            if what == "another version":
                unusable = Cursor(version=cursor.version + 1000, value=cursor.value)
            with pytest.raises(CursorRejected):
                list(connector.pull(stream, unusable))


def uses_cursors(reading: Reading) -> list[str]:
    """The streams that continue from a cursor; small lists are always read whole."""
    return list(reading.cursors)


def unlisted(items: Iterable[WorkItem], lists: Iterable[IdPage]) -> set[ItemId]:
    """The items whose scope was listed without them."""
    readable = [(one, set(one.ids)) for one in lists if one.is_readable]
    lost: set[ItemId] = set()
    for item in items:
        pages = [ids for one, ids in readable if one.covers(item.scope)]
        if pages and not any(item.item_id in ids for ids in pages):
            lost.add(item.item_id)
    return lost


def require(holds: bool, otherwise: str) -> None:
    """Fail the test with a sentence, also where pytest does not rewrite assertions."""
    if not holds:
        pytest.fail(otherwise)


def require_lines(lines: Sequence[Diagnosis]) -> None:
    """There is at least one line, and each can be shown."""
    require(bool(lines), "diagnose says nothing at all")
    for line in lines:
        require(line.level in _LEVELS, f"no such level: {line.level}")
        require(bool(line.check and line.message), "a line says nothing")
        require(line.level != "FAIL" or bool(line.hint), f"a failure without a remedy: {line.message}")


def require_sound(record: AnyRecord, source: str) -> None:
    """The record keeps what `portfolio.records` promises about its kind."""
    require(record.source == source, f"{record!r} is not of the source {source}")
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, datetime):
            require(value.utcoffset() == timedelta(0), f"{name} is not aware UTC: {value!r}")
        elif isinstance(value, str) and name.endswith("_at"):
            require(_WALL.fullmatch(value) is not None, f"{name} is no wall time: {value!r}")
        elif value is not None and name in _DATES:
            require(type(value) is date, f"{name} is not a date: {value!r}")
    match record:
        case WorkItem():
            require(record.item_id == item_id(source, record.native_id), f"{record.item_id} is no item id")
            require(bool(record.key and record.scope), f"{record.item_id} has no key or no scope")
            require(record.kind in KINDS, f"no such kind: {record.kind}")
            require(record.state in STATES, f"no such state: {record.state}")
            require(record.constraint_type in (None, *CONSTRAINTS), f"no such constraint: {record}")
            require(0 <= (record.percent_complete or 0) <= 100, f"percentages are 0 to 100: {record}")
            require(record.priority_rank in (None, 1, 2, 3, 4, 5), f"ranks are 1 to 5: {record}")
        case Dependency():
            require(record.type in LINK_TYPES, f"no such link type: {record.type}")
        case Identity():
            require(record.kind in OWNER_KINDS, f"no such kind of account: {record.kind}")
        case _:
            pass
