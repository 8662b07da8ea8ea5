"""Writing: one comment per item and our own fields, each verified, each at most once.

Up to 200 items at a time: look, compare with what the plan saw, write the fields, then comment by comment.
The fields come first, because a comment makes a revision of its item. A new comment is the one request that
may not be repeated: when its answer is lost, the item is looked at, and the comment is found by its reference
line, or the outcome is unknown.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from connectors.answers import OutcomeUnknown, Refusal
from connectors.azure_devops import edits, reference, render
from connectors.azure_devops import wire_writing as wire
from connectors.azure_devops.client import ITEMS_AT_ONCE
from connectors.azure_devops.push_fields import STALE, FieldWriter
from connectors.azure_devops.remote import Found, Remote, Standing, form_of
from connectors.azure_devops.sending import ATTEMPTS, Sender
from connectors.azure_devops.site import Site
from connectors.parallel import completed
from connectors.targets import GONE, by_item, compared_comment, is_as_wanted
from portfolio.errors import AccessDenied, BadAnswer, RateLimited, TargetMissing, Unavailable
from portfolio.intents import (
    COMMENT,
    Applied,
    Conflict,
    Cost,
    Gone,
    Intent,
    Receipt,
    Refused,
    Unchanged,
    Unknown,
)

# A comment that was made may take a moment to be shown; then nobody knows.
_LOOK_AGAIN_SECONDS = (0.0, 1.0, 3.0)
# What small calls were seen to cost in September 2026, presumably in TSTU: 0.0128 to 0.0228 (facts §7.1).
_TSTU_PER_CALL = 0.02
_NO_PLACE = "the configuration names no field for it"
_STILL_THERE = (
    "Azure DevOps says that it does not exist, although the item can be read; was its project renamed?"
)
_BUSY = "somebody changes the item at this moment"
_UNSIGNED = "Azure DevOps did not keep the reference line of the comment"


class Writer:
    """Writes to one organisation."""

    def __init__(self, site: Site, remote: Remote) -> None:
        self._site = site
        self._remote = remote
        self._sender = Sender(site)
        self._fields = FieldWriter(site, remote, self._sender)
        write = site.settings.write
        self._comments = bool(write and write.comments)
        self._silent = write.silent if write else True

    def push(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        """One receipt per intent.

        Raises:
            SourceError: the source stops; intents without a receipt were not sent, or nobody knows.
        """
        if not intents:
            return
        self._site.client.me()
        for standing, groups in self._looked(intents):
            fields: dict[str, list[Intent]] = {}
            comments: list[tuple[Standing, Intent]] = []
            yield from self._sorted(standing, groups, fields, comments)
            yield from self._fields.write(standing, fields)
            if comments:
                yield from self._commented(comments)

    def verify(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        """Whether Azure DevOps would accept them, by its own dry run of the fields; nothing is written."""
        for standing, groups in self._looked(intents):
            fields: dict[str, list[Intent]] = {}
            comments: list[tuple[Standing, Intent]] = []
            yield from self._sorted(standing, groups, fields, comments)
            yield from self._fields.verify(standing, fields)
            for _, intent in comments:
                yield Unchanged(intent_id=intent.intent_id)

    def cost(self, intents: Sequence[Intent]) -> Cost:
        """A look and a batch for every 200 items, and per comment a read and a write."""
        groups = by_item(intents)
        comments = [intent for intent in intents if intent.slot == COMMENT]
        edited = sum(any(intent.slot != COMMENT for intent in group) for group in groups.values())
        looks, batches = (math.ceil(count / ITEMS_AT_ONCE) for count in (len(groups), edited))
        requests = looks + batches + 2 * len(comments) + (1 if comments else 0)
        # The edits inside a batch are taken to cost what they would cost alone.
        calls = requests - batches + edited
        emails = sum(intent.before is None and intent.note is not None for intent in comments)
        return Cost(
            requests=requests,
            budget=math.ceil(calls * _TSTU_PER_CALL),
            budget_unit="TSTU, estimated",
            emails=emails + (0 if self._silent else edited),
        )

    def _looked(
        self, intents: Sequence[Intent]
    ) -> Iterator[tuple[dict[str, Standing], dict[str, list[Intent]]]]:
        """So many items at a time, as one request can look at."""
        groups = list(by_item(intents).items())
        for start in range(0, len(groups), ITEMS_AT_ONCE):
            some = dict(groups[start : start + ITEMS_AT_ONCE])
            yield self._remote.standing(list(some)), some

    def _sorted(
        self,
        standing: Mapping[str, Standing],
        groups: Mapping[str, list[Intent]],
        fields: dict[str, list[Intent]],
        comments: list[tuple[Standing, Intent]],
    ) -> Iterator[Receipt]:
        """Receipts for what cannot be written at all; the rest goes to its kind."""
        for item, group in groups.items():
            now = standing.get(item)
            if now is None:
                yield from (Gone(intent_id=intent.intent_id, reason=GONE) for intent in group)
                continue
            unwritable = self._remote.unwritable(now)
            for intent in group:
                if (reason := unwritable.get(intent.slot)) is not None:
                    yield Refused(intent_id=intent.intent_id, reason=reason)
                elif intent.slot == COMMENT and self._comments:
                    comments.append((now, intent))
                elif intent.slot not in self._remote.slots:
                    yield Refused(intent_id=intent.intent_id, reason=_NO_PLACE)
                else:
                    fields.setdefault(item, []).append(intent)

    # The comment.

    def _commented(self, comments: Sequence[tuple[Standing, Intent]]) -> Iterator[Receipt]:
        """One receipt per comment, each of another item, so that their order does not matter."""
        _ = self._remote.comment_api  # asked once, before several want to know
        calls = [partial(self._guarded, now, intent) for now, intent in comments]
        yield from completed(calls, latency_seconds=self._site.client.http.latency_seconds)

    def _guarded(self, now: Standing, intent: Intent, *, lost: int = 0) -> Receipt:
        """The receipt of one comment; `lost` counts the deletions of it that were sent and not answered."""
        tries = itertools.count(lost)
        try:
            # From the second try on, what the item said before the first one no longer counts.
            return self._sender.patiently(lambda: self._comment(now, intent, surely=next(tries) > 0))
        except (OutcomeUnknown, BadAnswer) as error:
            receipt = self._after_lost_answer(now, intent, error)
            if isinstance(receipt, Unknown) and intent.wanted is None and lost < ATTEMPTS - 1:
                # It still stands. Whether a person has edited it meanwhile is seen before it is sent again.
                return self._guarded(now, intent, lost=lost + 1)
            return receipt
        except TargetMissing:
            is_there = now.item in self._remote.standing([now.item])
            if is_there and intent.wanted is None and self._remote.find_comment(now, surely=True) is None:
                return Applied(intent_id=intent.intent_id, remote_id=intent.remote_id, at=self._now())
            if is_there:
                return Refused(intent_id=intent.intent_id, reason=_STILL_THERE)
            return Gone(intent_id=intent.intent_id, reason=GONE)
        except AccessDenied as error:
            return Refused(intent_id=intent.intent_id, reason=f"{error.message} {error.hint}")
        except Refusal as error:
            if error.status in STALE:
                return Conflict(intent_id=intent.intent_id, reason=_BUSY)
            return Refused(intent_id=intent.intent_id, reason=error.reason)
        except Unavailable as error:
            return Unknown(intent_id=intent.intent_id, reason=error.message)

    def _comment(self, now: Standing, intent: Intent, *, surely: bool) -> Receipt:
        found = self._remote.find_comment(now, intent.remote_id, surely=surely)
        standing = found.comment if found else None
        settled = compared_comment(intent, standing)
        if settled is not None:
            return settled
        if intent.note is None or intent.wanted is None:
            assert standing is not None  # noqa: S101 - else it would be as wanted already
            http, api = self._site.client.http, self._remote.comment_api
            edits.delete_comment(http, api, now.project, now.item, standing.remote_id)
            return Applied(intent_id=intent.intent_id, remote_id=standing.remote_id, at=self._now())
        return self._written(now, intent, found)

    def _written(self, now: Standing, intent: Intent, found: Found | None) -> Receipt:
        """Create or edit the comment. An edit keeps the comment's own format."""
        assert intent.note is not None  # noqa: S101 - asked by the caller
        form = found.form if found else self._remote.form
        body = render.body(intent.note, form, room=reference.ROOM)
        signing = {"item": now.item, "digest": str(intent.wanted)}
        text = reference.signed(body, form, **signing)
        written = self._send(now, found.comment.remote_id if found else None, text, form)
        read = reference.read(written.text or "", form_of(written))
        if read.reference is None:
            return Unknown(intent_id=intent.intent_id, reason=_UNSIGNED)
        if not read.is_as_written:
            # It stored other words than ours; what a person edits is told from what it stored.
            text = reference.signed(body, form, **signing, said=read.said)
            self._sender.patiently(lambda: self._send(now, str(written.id), text, form))
        return Applied(intent_id=intent.intent_id, remote_id=str(written.id), at=self._now())

    def _send(self, now: Standing, number: str | None, text: str, form: render.Format) -> wire.Comment:
        http, api = self._site.client.http, self._remote.comment_api
        if number is None:
            return edits.add_comment(http, api, now.project, now.item, text, form)
        return edits.edit_comment(http, api, now.project, now.item, number, text, form)

    def _after_lost_answer(self, now: Standing, intent: Intent, error: OutcomeUnknown | BadAnswer) -> Receipt:
        """Look for the comment that may or may not have been made; never make a second one."""
        for pause in _LOOK_AGAIN_SECONDS:
            if pause:
                self._site.context.sleep(pause)
            try:
                found = self._remote.find_comment(now, intent.remote_id, surely=True)
            except (Unavailable, BadAnswer, RateLimited, TargetMissing):
                continue
            if is_as_wanted(intent, found.comment if found else None):
                number = found.comment.remote_id if found else intent.remote_id
                return Applied(intent_id=intent.intent_id, remote_id=number, at=self._now())
        return Unknown(intent_id=intent.intent_id, reason=error.message)

    def _now(self) -> datetime:
        return self._site.context.clock()
