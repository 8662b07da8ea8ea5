"""The streams of items and of their history: revisions of the whole organisation, from a stored token.

The first run reads how everything stands (one row an item), which is usable at once; `history` then reads all
revisions. From then on every revision comes once: it gives the changes, and its item is read whole, because a
revision does not show links, and may be older than what stands there. The token is kept when a batch is the
last one; following `nextLink` never ends (facts/azure_devops.md §2.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from connectors.azure_devops.cursor import HistoryCursor, ItemsCursor, load, save
from connectors.azure_devops.history import HistoryReader, last_of_each
from connectors.azure_devops.links import LinksAhead, read_ahead
from connectors.azure_devops.reading import IN_THE_BIN, ItemReader, Read
from connectors.azure_devops.values import instant_of
from connectors.azure_devops.wire import Revisions
from connectors.parallel import Ahead
from portfolio.errors import BadAnswer, CursorRejected
from portfolio.records import AnyRecord, Change, Cursor, Gone, Page, item_id

if TYPE_CHECKING:
    from connectors.azure_devops.site import Site

_JUST_BEFORE = timedelta(milliseconds=1)
_BEFORE_EVERYTHING = datetime(1900, 1, 1, tzinfo=UTC)


class ItemStream:
    """Reads the items of one organisation."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._source = site.settings.name
        self._client = site.client
        self._reader = ItemReader(site)

    def pages(self, since: Cursor | None) -> Iterator[Page]:
        """Pages of items as they stand, and of what changed since the cursor.

        Raises:
            CursorRejected: the cursor is unusable, or fields have got another meaning since.
        """
        state = load(self._source, since, ItemsCursor)
        self._site.owners.update(state.owners)
        self._site.known.update((*state.owners, *state.known))
        self._site.former_names = dict(state.projects)
        state = self._after_returns(state)
        resolved = self._site.resolved
        if state.fields and state.fields != resolved.fingerprint:
            raise CursorRejected(self._source, "fields of the organisation have got another meaning.")
        state.fields = resolved.fingerprint
        timeline = Timeline(self._site, self._reader)
        if since is None:
            self._site.visible_projects()
        ahead = None if state.is_loaded else read_ahead(self._site)
        for batch in batches(self._site, state, resolved.shown, latest_only=not state.is_loaded):
            if not batch.values and batch.is_last_batch and state.is_loaded:
                # Nothing new. A token that moved all the same is worth keeping.
                if since is None or save(state) != since:
                    yield Page(cursor=self._cursor(state))
                break
            read, gone, changes = self._batch(batch.values, timeline, ahead, is_loaded=state.is_loaded)
            read.records.extend(changes)
            read.skipped.extend(timeline.problems)
            state.is_loaded = state.is_loaded or batch.is_last_batch
            yield read.page(self._cursor(state), gone=gone)
        if state.unseen:
            yield Page(complete=self._site.hidden_pages())

    def _after_returns(self, state: ItemsCursor) -> ItemsCursor:
        """From the beginning, where a project can be seen again: the token has passed what happened there."""
        back = set(state.unseen).difference(self._site.hidden_projects) if state.unseen else set()
        if back:
            names = ", ".join(sorted(state.projects.get(one, one) for one in back))
            self._site.context.say(
                f"{self._source}: {names} can be seen again, so everything is read from the beginning"
            )
            state = ItemsCursor(
                owners=state.owners, known=state.known, projects=state.projects, returns=state.returns + 1
            )
        self._site.returns = state.returns
        return state

    def _batch(
        self, rows: Sequence[Any], timeline: Timeline, ahead: LinksAhead | None, *, is_loaded: bool
    ) -> tuple[Read, list[Gone], Sequence[AnyRecord]]:
        last = last_of_each(rows).values()
        for row in last:
            if row.fields.iteration and row.fields.iteration_path:
                self._site.process.learn_iteration(row.fields.iteration_path, row.fields.iteration)
        inside = [row for row in last if self._site.in_scope(row.fields.project)]
        living = [row for row in inside if not row.fields.is_deleted]
        gone = [
            Gone(item_id=item_id(self._source, row.id), reason=IN_THE_BIN)
            for row in inside
            if row.fields.is_deleted
        ]
        gone += [
            Gone(
                item_id=item_id(self._source, row.id),
                reason=f"moved to the project {row.fields.project}, which is not read",
            )
            for row in last
            # An item that was made there was never ours; one whose project is hidden has not moved.
            if row.rev > 1 and self._site.is_elsewhere(row.fields.project)
        ]
        if not is_loaded:
            # What goes while everything is read for the first time is told here, and not again.
            return self._as_they_stand(living, ahead), gone, ()
        read = self._reader.read([row.id for row in living])
        # Hidden or destroyed since: what the revision said is the last that is known.
        lost = [row for row in living if row.id not in read.numbers]
        self._reader.take(lost, with_relations=False, into=read)
        return read, gone, timeline.changes(rows)

    def _as_they_stand(self, rows: Sequence[Any], ahead: LinksAhead | None) -> Read:
        """A page of the first load: whole only where links may lead elsewhere or there is long text."""
        mapper = self._site.mapper
        is_long = self._site.resolved.has_long_text
        rich = [
            row
            for row in rows
            if is_long or row.fields.hyperlinks or row.fields.remote_links or mapper.is_risk(row.fields)
        ]
        read = self._reader.read([row.id for row in rich]) if rich else Read()
        rest = [row for row in rows if row.id not in read.numbers]
        return self._reader.take(rest, with_relations=False, into=read, ahead=ahead)

    def _cursor(self, state: ItemsCursor) -> Cursor:
        state.owners = sorted(self._site.owners)
        state.known = sorted(self._site.known - self._site.owners)
        state.projects = self._site.first_names()
        state.unseen = self._site.hidden_projects
        return save(state)


class HistoryStream:
    """Reads all revisions once, from the first."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._source = site.settings.name

    def pages(self, since: Cursor | None) -> Iterator[Page]:
        """Pages of changes; nothing once everything has been read.

        Raises:
            CursorRejected: the cursor is unusable, or fields have got another meaning since.
        """
        state = load(self._source, since, HistoryCursor)
        if self._site.returns is not None and state.returns != self._site.returns:
            state = HistoryCursor(returns=self._site.returns)
        if state.is_done:
            return
        resolved = self._site.resolved
        if state.fields and state.fields != resolved.fingerprint:
            raise CursorRejected(self._source, "fields of the organisation have got another meaning.")
        state.fields = resolved.fingerprint
        timeline = Timeline(self._site, ItemReader(self._site))
        for batch in batches(self._site, state, resolved.tracked, latest_only=False):
            records = timeline.changes(batch.values)
            if batch.is_last_batch:
                state.is_done, state.token = True, None
            yield Page(records=records, cursor=save(state), skipped=timeline.problems)


class Timeline:
    """Turns batches of revisions into changes, asking for what stood before them where it is not known."""

    def __init__(self, site: Site, reader: ItemReader) -> None:
        self._site = site
        self._reader = reader
        self.problems: list[str] = []  # of the latest batch

    @cached_property
    def _history(self) -> HistoryReader:
        # Made when there is something to read: a quiet run asks for no projects.
        site = self._site
        return HistoryReader(
            site.settings.name,
            site.resolved,
            site.mapper,
            site.in_scope,
            own_account=site.own_account,
            own_meanings=site.own_meanings,
        )

    def changes(self, rows: Sequence[Any]) -> list[AnyRecord]:
        """The changes that these revisions are, and the accounts that made them."""
        earlier = self._before(self._history.missing(rows))
        changes = [*earlier, *self._history.read(rows)]
        accounts, self._history.accounts = self._history.accounts, {}
        self.problems, self._history.problems = self._history.problems, []
        return [*self._reader.told(accounts.items()), *changes]

    def _before(self, missing: dict[int, Any]) -> list[Change]:
        """Learn how these items stood before these revisions; what that tells of earlier changes.

        One instant just before the batch is right for all of its items, as revisions come in their order. A
        row that shows another revision than the one before proves the contrary for its item, whose revisions
        are then read one by one; so are those of an item that comes from a project that is not read, or out
        of the recycle bin, where nobody could see what was changed just before it was deleted.
        """
        if not missing:
            return []
        made = (instant_of(row.fields.changed_date) for row in missing.values())
        first = min((at for at in made if at is not None), default=None)
        stood: dict[int, Any] = {}
        if first is not None and first > _BEFORE_EVERYTHING:
            moment = (first - _JUST_BEFORE).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            stood = {row.id: row for row in self._site.read_as_of(sorted(missing), moment)}
        changes: list[Change] = []
        for number, row in missing.items():
            before = stood.get(number)
            if before is not None and before.rev != row.rev - 1:
                before = None
            if before is None or self._was_away(before):
                changes += self._history.read(self._one_by_one(number, row.rev), everywhere=True)
            if before is not None and self._site.in_scope(before.fields.project):
                self._history.remember(before)
        return changes

    def _was_away(self, before: Any) -> bool:
        return bool(before.fields.is_deleted) or not self._site.in_scope(before.fields.project)

    def _one_by_one(self, number: int, before: int) -> Iterator[Any]:
        last = 0
        for row in self._site.client.revisions_of(number, self._site.resolved.whole):
            if row.rev <= last:
                raise BadAnswer(
                    self._site.settings.name, f"revisions of {number}: what was read comes again."
                )
            last, fields = row.rev, row.fields
            if fields.iteration is None and fields.iteration_path and fields.project:
                fields.iteration = self._site.process.iteration(fields.project, fields.iteration_path)
            if row.rev < before:
                yield row


def batches(
    site: Site, state: ItemsCursor | HistoryCursor, fields: Sequence[str], *, latest_only: bool
) -> Iterator[Revisions]:
    """Batches of revisions from the state's token on, which moves with them.

    Raises:
        BadAnswer: a batch that is not the last leads nowhere, or back.
    """
    decoder = site.resolved.revisions

    def ask(token: str | None) -> Revisions:
        return site.client.revisions(token, fields, decoder, latest_only=latest_only)

    followed = {None, state.token}
    batch = ask(state.token)
    while True:
        if not batch.is_last_batch and batch.continuation_token in followed:
            raise BadAnswer(
                site.settings.name,
                "workitemrevisions: a batch that is not the last one leads nowhere.",
                hint="Nothing of it was believed; the next run continues from the last checkpoint.",
            )
        state.token = batch.continuation_token or state.token
        followed.add(state.token)
        if batch.is_last_batch:
            yield batch
            return
        # The next one is on its way while this one is mapped and stored.
        following = Ahead(partial(ask, state.token))
        yield batch
        batch = following.result()
