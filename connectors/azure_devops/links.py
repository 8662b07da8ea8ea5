"""The stream of links: parents and dependencies, which change no item's revision and no `ChangedDate`.

Both ends may be read by other streams in the same run. What a link says is compared with what they delivered;
where it differs, or where nothing is known, its items are read whole as they stand now (facts §0.6, §2.2).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from connectors.azure_devops.cursor import LinksCursor, load, save
from connectors.azure_devops.reading import ItemReader
from connectors.azure_devops.relations import DEPENDENCY, HIERARCHY
from connectors.azure_devops.values import account_of, instant_of
from connectors.azure_devops.wire import Link, Links
from portfolio.errors import BadAnswer
from portfolio.records import Change, Cursor, Page, item_id

if TYPE_CHECKING:
    from connectors.azure_devops.site import Site

_REMOTE = "System.LinkTypes.Remote."
MOST = 300_000
_NONE: frozenset[tuple[int, int]] = frozenset()  # one for all: an empty one of its own takes 216 bytes


class LinksAhead:
    """All links of the organisation, read before its items are read for the first time.

    The first load shows items without their links, and reading each of them whole only for its parent would
    cost five requests for a thousand of them. Beyond `MOST` links that is what happens all the same: memory
    stays flat, and the stream of links reads what it finds missing.
    """

    def __init__(self) -> None:
        self.parents: dict[int, int] = {}
        self.pairs: dict[int, set[tuple[int, int]]] = {}

    def pairs_of(self, item: int) -> frozenset[tuple[int, int]]:
        """(predecessor, successor) of each dependency of an item."""
        pairs = self.pairs.get(item)
        return frozenset(pairs) if pairs else _NONE

    def add(self, row: Link) -> None:
        """The next link that came or went."""
        if row.rel == HIERARCHY:
            if row.is_active:
                self.parents[row.target_id] = row.source_id
            elif self.parents.get(row.target_id) == row.source_id:
                del self.parents[row.target_id]
        elif row.rel == DEPENDENCY:
            pair = (row.source_id, row.target_id)
            for end in pair:
                known = self.pairs.setdefault(end, set())
                if row.is_active:
                    known.add(pair)
                else:
                    known.discard(pair)


def read_ahead(site: Site) -> LinksAhead | None:
    """The links as they stand, or None where there are too many to keep."""
    ahead, seen = LinksAhead(), 0
    for batch in _batches(site, None):
        for row in batch.values:
            ahead.add(row)
        seen += len(batch.values)
        if seen > MOST and not batch.is_last_batch:
            return None
    return ahead


def _batches(site: Site, token: str | None) -> Iterator[Links]:
    followed = {None, token}
    while True:
        batch = site.client.links(token)
        if not batch.is_last_batch and batch.continuation_token in followed:
            raise BadAnswer(
                site.settings.name,
                "workitemlinks: a batch that is not the last one leads nowhere.",
                hint="Nothing of it was believed; the next run continues from the last checkpoint.",
            )
        yield batch
        if batch.is_last_batch:
            return
        token = batch.continuation_token
        followed.add(token)


class LinkStream:
    """Reads the links of one organisation."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._source = site.settings.name
        self._reader = ItemReader(site)

    def pages(self, since: Cursor | None) -> Iterator[Page]:
        """Pages of items whose links changed, and of those changes.

        Raises:
            CursorRejected: the cursor cannot be read, or its token is not accepted.
        """
        state = load(self._source, since, LinksCursor)
        if self._site.returns is not None and state.returns != self._site.returns:
            state = LinksCursor(returns=self._site.returns)
        for batch in _batches(self._site, state.token):
            state.token = batch.continuation_token or state.token
            if batch.values:
                read = self._reader.read(self._differing(batch.values))
                rows = [*state.half, *batch.values]
                read.records.extend(self._changes(rows, read.numbers))
                state.half = [] if batch.is_last_batch else _last_moves(rows)
                yield read.page(save(state))
            elif since is None or save(state) != since:
                yield Page(cursor=save(state))

    def _differing(self, rows: Sequence[Link]) -> set[int]:
        """The items that are to be read: what was delivered of them says something else, or nothing was."""
        numbers: set[int] = set()
        parents: dict[int, int] = {}
        pairs: dict[tuple[int, int], bool] = {}
        for row in rows:
            if row.rel == HIERARCHY:
                # A child that moves loses one parent and gets another, in any order.
                if row.is_active:
                    parents[row.target_id] = row.source_id
                elif parents.get(row.target_id, row.source_id) == row.source_id:
                    parents[row.target_id] = 0
            elif row.rel == DEPENDENCY:
                pairs[row.source_id, row.target_id] = row.is_active
            elif row.rel.startswith(_REMOTE):
                numbers.add(row.source_id)
        delivered = self._site.parents
        numbers.update(child for child, parent in parents.items() if delivered.get(child) != parent)
        for pair, is_active in pairs.items():
            ends = [self._site.whole[end] for end in pair if end in self._site.whole]
            if not ends or any((pair in end) != is_active for end in ends):
                numbers.update(pair)
            elif pair[1] not in delivered:
                # Its own end says enough of the link; whether the successor is one of ours, nothing does.
                numbers.add(pair[1])
        return numbers

    def _changes(self, rows: Sequence[Link], read: set[int]) -> list[Change]:
        """Moves to another parent, and dependencies that came or went, dated by the tracker."""
        told: list[Change] = []
        moves: dict[tuple[int, str], list[Link]] = {}
        for row in rows:
            if row.target_id not in self._site.parents and row.target_id not in read:
                continue  # of another project
            if row.rel == HIERARCHY:
                moves.setdefault((row.target_id, row.changed_date), []).append(row)
            elif row.rel == DEPENDENCY:
                other = item_id(self._source, row.source_id)
                before, after = (None, other) if row.is_active else (other, None)
                told += self._change(row, "predecessor", before, after)
        for links in moves.values():
            # Taken from one parent and given to another at the same instant is one move.
            lost = next((one.source_id for one in links if not one.is_active), None)
            got = next((one.source_id for one in reversed(links) if one.is_active), None)
            if lost != got:
                before, after = (item_id(self._source, one) if one else None for one in (lost, got))
                told += self._change(links[-1], "parent", before, after)
        return told

    def _change(self, row: Link, name: str, before: str | None, after: str | None) -> list[Change]:
        at = instant_of(row.changed_date)
        if at is None:
            return []
        # A move has one id, however much of it has been told: what ends in the next batch corrects it.
        which = "" if name == "parent" else f".{before or ''}.{after or ''}"
        change = Change(
            source=self._source,
            event_id=f"{row.target_id}.{name}.{row.changed_date}{which}",
            item_id=item_id(self._source, row.target_id),
            at=at,
            by=account_of(row.changed_by),
            field=name,
            before=before,
            after=after,
        )
        return [change]


def _last_moves(rows: Sequence[Link]) -> list[Link]:
    """The last moves of a batch, whose other half may stand in the next one."""
    return [row for row in rows if row.rel == HIERARCHY and row.changed_date == rows[-1].changed_date]
