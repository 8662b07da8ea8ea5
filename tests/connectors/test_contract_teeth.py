"""The suite bites: a connector that breaks a promise fails the test that stands for it, and says why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import msgspec
import pytest
from test_contract_memory import MemoryWorld

from connectors.base import Capability
from connectors.contract import ConnectorContract
from connectors.memory import MemoryComment, MemoryConnector
from connectors.memory_tracker import DOVETAIL
from portfolio.intents import Applied, Cost, Intent, Receipt, Slots
from portfolio.records import Cursor, IdPage, Page, WorkItem, item_id


def with_items(page: Page, change: Callable[[WorkItem], WorkItem]) -> Page:
    records = [change(one) if isinstance(one, WorkItem) else one for one in page.records]
    return msgspec.structs.replace(page, records=records)


class ForgetsTheCursor(MemoryConnector):
    def pull(self, stream: str, since: Cursor | None) -> Iterator[Page]:
        yield from super().pull(stream, None)


class LosesAnItemWhenResumed(MemoryConnector):
    def pull(self, stream: str, since: Cursor | None) -> Iterator[Page]:
        for page in super().pull(stream, since):
            yield page if since is None else msgspec.structs.replace(page, records=page.records[1:])


class TrustsAnyCursor(MemoryConnector):
    def pull(self, stream: str, since: Cursor | None) -> Iterator[Page]:
        usable = since is not None and since.version == 1 and "?" not in str(since.value)
        yield from super().pull(stream, since if usable else None)


class NaiveTimes(MemoryConnector):
    def pull(self, stream: str, since: Cursor | None) -> Iterator[Page]:
        noon = datetime(2026, 11, 24, 12, 0)  # noqa: DTZ001 - the defect
        for page in super().pull(stream, since):
            yield with_items(page, lambda one: msgspec.structs.replace(one, created_at=noon))


class WallTimesWithSeconds(MemoryConnector):
    def pull(self, stream: str, since: Cursor | None) -> Iterator[Page]:
        for page in super().pull(stream, since):
            yield with_items(page, lambda one: msgspec.structs.replace(one, start_at="2026-11-24T12:00:00"))


class IdsFromKeys(MemoryConnector):
    def pull(self, stream: str, since: Cursor | None) -> Iterator[Page]:
        for page in super().pull(stream, since):
            yield with_items(
                page, lambda one: msgspec.structs.replace(one, item_id=item_id("memory", one.key))
            )


class AnotherAnswerEachTime(MemoryConnector):
    count = 0

    def pull(self, stream: str, since: Cursor | None) -> Iterator[Page]:
        for page in super().pull(stream, since):
            type(self).count += 1
            yield with_items(page, lambda one: msgspec.structs.replace(one, title=str(self.count)))


class CensusWithAHole(MemoryConnector):
    def census(self, stream: str) -> Iterator[IdPage]:
        for page in super().census(stream):
            yield msgspec.structs.replace(page, ids=page.ids[:-1])


class NoCensus(MemoryConnector):
    def census(self, stream: str) -> Iterator[IdPage]:
        yield from ()


class NewCommentEachTime(MemoryConnector):
    def push(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        for intent in intents:
            item = self._find(intent.item_id)
            if intent.note is None or item is None:
                yield self._push_one(intent)
                continue
            number = str(len(item.comments) + 1)
            item.comments.insert(0, MemoryComment(number, DOVETAIL, "text", intent.note.digest()))
            yield Applied(intent_id=intent.intent_id, remote_id=number)


class OverwritesPeople(MemoryConnector):
    def push(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        for intent in intents:
            item = self._find(intent.item_id)
            if item is None or intent.note is not None:
                yield self._push_one(intent)
                continue
            self.tracker.write_field(item, intent.slot, intent.wanted)
            yield Applied(intent_id=intent.intent_id)


class SilentAboutTheMissing(MemoryConnector):
    def push(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        yield from super().push([one for one in intents if self._find(one.item_id) is not None])


class SaysAppliedAndDoesNothing(MemoryConnector):
    def push(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        for intent in intents:
            yield Applied(intent_id=intent.intent_id)


class VerifiesByWriting(MemoryConnector):
    def verify(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        yield from super().push(intents)


class AsksForThePrice(MemoryConnector):
    def cost(self, intents: Sequence[Intent]) -> Cost:
        list(self.look([one.item_id for one in intents]))
        return super().cost(intents)


class LooksAtTheLivingOnly(MemoryConnector):
    def look(self, targets: Sequence[str]) -> Iterator[Slots]:
        yield from (one for one in super().look(targets) if one.exists)


class ReadOnlyButSilent(MemoryConnector):
    @property
    def capabilities(self) -> Capability:
        return msgspec.structs.replace(super().capabilities, comment="none", fields=frozenset())


class ReadOnlyWithoutAWord(ReadOnlyButSilent):
    def push(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        yield from ()


class ClosesOnce(MemoryConnector):
    def close(self) -> None:
        if self.is_closed:
            pytest.fail("closed twice")
        super().close()


CASES: list[tuple[type[MemoryConnector], str]] = [
    (ForgetsTheCursor, "test_nothing_new_is_nothing_to_store"),
    (ForgetsTheCursor, "test_resuming_after_any_page_loses_nothing"),
    (LosesAnItemWhenResumed, "test_resuming_after_any_page_loses_nothing"),
    (TrustsAnyCursor, "test_an_unusable_cursor_is_rejected"),
    (NaiveTimes, "test_records_are_of_the_source_and_well_formed"),
    (WallTimesWithSeconds, "test_records_are_of_the_source_and_well_formed"),
    (IdsFromKeys, "test_records_are_of_the_source_and_well_formed"),
    (AnotherAnswerEachTime, "test_two_pulls_from_the_beginning_give_equal_records"),
    (CensusWithAHole, "test_the_census_is_complete"),
    (CensusWithAHole, "test_a_deleted_item_is_noticed_and_nothing_else_is"),
    (NoCensus, "test_the_census_is_complete"),
    (NoCensus, "test_a_deleted_item_is_noticed_and_nothing_else_is"),
    (NewCommentEachTime, "test_the_same_intent_twice_is_one_effect"),
    (NewCommentEachTime, "test_the_comment_is_edited_in_place"),
    (OverwritesPeople, "test_what_changed_meanwhile_is_a_conflict"),
    (SilentAboutTheMissing, "test_a_missing_item_is_gone"),
    (SaysAppliedAndDoesNothing, "test_what_was_pushed_stands_there"),
    (VerifiesByWriting, "test_verify_writes_nothing"),
    (AsksForThePrice, "test_cost_is_told_without_a_request"),
    (LooksAtTheLivingOnly, "test_look_answers_once_per_target"),
    (ReadOnlyButSilent, "test_capabilities_are_plain_data"),
    (ReadOnlyButSilent, "test_a_read_only_source_refuses_with_a_reason"),
    (ReadOnlyWithoutAWord, "test_a_read_only_source_refuses_with_a_reason"),
    (ClosesOnce, "test_closing_twice_is_harmless"),
]


@pytest.mark.parametrize(("broken", "name"), CASES, ids=[f"{one.__name__}-{name[5:]}" for one, name in CASES])
def test_the_suite_notices(broken: type[MemoryConnector], name: str) -> None:
    class BrokenWorld(MemoryWorld):
        def connect(self) -> MemoryConnector:
            return broken(self.tracker, page_size=3)

    world = BrokenWorld("census")
    arguments = {"world": world, "connector": world.connect()}
    test = getattr(ConnectorContract(), name)
    if name == "test_an_unusable_cursor_is_rejected":
        arguments["what"] = "another shape"
    wanted = {one: arguments[one] for one in test.__code__.co_varnames if one in arguments}
    with pytest.raises(pytest.fail.Exception):
        test(**wanted)
