"""Sending field edits: many in one batch where the server takes batches, else one by one, patiently.

An outcome is the item as it stands after the edit, or the error that stands in its place. Nothing here
decides what an error means for an intent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias, TypeVar

import msgspec

from connectors.answers import Answer, Refusal, is_throttled, refusal_of
from connectors.azure_devops import edits
from connectors.azure_devops import wire_writing as wire
from connectors.azure_devops.site import Site
from connectors.throttle import retry_after_seconds
from portfolio.errors import (
    AccessDenied,
    BadAnswer,
    RateLimited,
    SourceError,
    TargetMissing,
    Unavailable,
    Unsupported,
)

T = TypeVar("T")
Outcome: TypeAlias = wire.ItemNow | SourceError

ATTEMPTS = 4
# Clipping the wait at a minute made things worse for others: facts/azure_devops.md §7.1.
PATIENCE_SECONDS = 300.0


class Sender:
    """Sends to one organisation. Once a batch was refused, it sends one by one."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._client = site.client
        self._has_batch = True

    def send(self, sending: Sequence[edits.FieldEdit], *, dry: bool) -> Iterator[tuple[str, Outcome]]:
        """One outcome per edit, with its item's id; at most 200 edits, one per item.

        Raises:
            SourceError: the source stops, or its rate limit asks for more patience than there is.
        """
        waiting = {one.item: one for one in sending}
        if len(waiting) > 1 and self._has_batch:
            try:
                for item, outcome in self._batch(sending, dry=dry):
                    del waiting[item]
                    yield item, outcome
            except (Refusal, AccessDenied, TargetMissing, Unsupported):
                # A server that takes no batches did nothing: one by one, from now on.
                self._has_batch = False
        for item, one in waiting.items():
            yield item, self._alone(one, dry=dry)

    def one(self, edit: edits.FieldEdit, *, dry: bool) -> wire.ItemNow:
        """The item after one edit.

        Raises:
            SourceError: what stands in the place of an outcome, and RateLimited.
        """
        return self.patiently(lambda: edits.edit_item(self._client.http, edit, dry=dry))

    def _alone(self, edit: edits.FieldEdit, *, dry: bool) -> Outcome:
        try:
            return self.one(edit, dry=dry)
        except (Refusal, AccessDenied, TargetMissing, Unavailable, BadAnswer) as error:
            return error

    def patiently(self, call: Callable[[], T]) -> T:
        """The answer of a request, once its rate limit lets us: a request that was held back had no effect.

        Raises:
            RateLimited: it would take too long.
        """
        for attempt in range(ATTEMPTS):
            try:
                return call()
            except RateLimited as error:
                wait = error.retry_after_seconds or 0.0
                if attempt == ATTEMPTS - 1 or wait > PATIENCE_SECONDS:
                    raise
                self._site.context.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _batch(self, sending: Sequence[edits.FieldEdit], *, dry: bool) -> Iterator[tuple[str, Outcome]]:
        waiting = list(sending)
        for attempt in range(ATTEMPTS):
            try:
                entries = self._entries(waiting, dry=dry)
            except (Unavailable, BadAnswer) as error:
                yield from ((one.item, error) for one in waiting)
                return
            held: list[edits.FieldEdit] = []
            wait = 0.0
            for one, entry in zip(waiting, entries, strict=True):
                outcome = self._outcome(entry)
                if entry.code == 400:
                    # Only words stand in a batch; alone, the refusal names the fields and the rules.
                    outcome = self._alone(one, dry=dry)
                if isinstance(outcome, RateLimited):
                    held.append(one)
                    wait = max(wait, outcome.retry_after_seconds or 0.0)
                else:
                    yield one.item, outcome
            if not held:
                return
            if attempt == ATTEMPTS - 1 or wait > PATIENCE_SECONDS:
                raise RateLimited(
                    self._client.http.source,
                    f"{len(held)} edits of a batch are rate limited.",
                    hint="The run stops here and continues from its checkpoint.",
                    retry_after_seconds=wait,
                )
            self._site.context.sleep(wait)
            waiting = held

    def _entries(self, sending: Sequence[edits.FieldEdit], *, dry: bool) -> list[wire.Entry]:
        return self.patiently(lambda: edits.edit_items(self._client.http, sending, dry=dry))

    def _outcome(self, entry: wire.Entry) -> Outcome:
        answer = Answer(status=entry.code, headers=entry.headers or {}, body=entry.raw)
        path, source = "an edit inside a batch", self._client.http.source
        if entry.code == 200:
            try:
                return edits.decode_item(answer.body)
            except msgspec.DecodeError:
                return BadAnswer(source, f"{path} was answered without the item.")
        if is_throttled(answer):
            wait = retry_after_seconds(answer.headers, self._site.context.clock())
            return RateLimited(source, f"{path} is rate limited.", retry_after_seconds=wait)
        if entry.code >= 500 or entry.code in (408, 425):
            return Unavailable(source, f"{answer.on(path)}: the server failed.")
        return refusal_of(source, answer, path)
