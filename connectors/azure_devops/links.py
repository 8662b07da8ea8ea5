"""The stream of links: parents and dependencies, which change no item's revision and no `ChangedDate`.

Both ends may be read by other streams in the same run. What a link says is compared with what they delivered;
where it differs, or where nothing is known, its items are read whole as they stand now (facts §0.6, §2.2).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from connectors.azure_devops.cursor import LinksCursor, load, save
from connectors.azure_devops.pull import ItemReader
from connectors.azure_devops.relations import DEPENDENCY, HIERARCHY
from connectors.azure_devops.values import account_of, instant
from connectors.azure_devops.wire import Link
from portfolio.errors import BadAnswer
from portfolio.records import Change, Cursor, Page, item_id

if TYPE_CHECKING:
    from connectors.azure_devops.site import Site

_REMOTE = "System.LinkTypes.Remote."


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
        while True:
            batch = self._site.client.links(state.token)
            if not batch.is_last_batch and batch.continuation_token in (None, state.token):
                raise BadAnswer(
                    self._source,
                    "workitemlinks: a batch that is not the last one leads nowhere.",
                    hint="Nothing of it was believed; the next run continues from the last checkpoint.",
                )
            state.token = batch.continuation_token or state.token
            if batch.values:
                read = self._reader.read(self._differing(batch.values))
                read.records.extend(self._changes(batch.values))
                yield read.page(save(state))
            elif since is None or save(state) != since:
                yield Page(cursor=save(state))
            if batch.is_last_batch:
                return

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
        return numbers

    def _changes(self, rows: Sequence[Link]) -> list[Change]:
        """Moves to another parent, and dependencies that came or went, dated by the tracker."""
        told: list[Change] = []
        moves: dict[tuple[int, str], list[Link]] = {}
        for row in rows:
            if row.rel == HIERARCHY and row.target_id in self._site.parents:
                moves.setdefault((row.target_id, row.changed_date), []).append(row)
            elif row.rel == DEPENDENCY and row.target_id in self._site.parents:
                other = item_id(self._source, row.source_id)
                before, after = (None, other) if row.is_active else (other, None)
                told.append(self._change(row, "predecessor", before, after))
        for links in moves.values():
            # Taken from one parent and given to another at the same instant is one move.
            lost = next((item_id(self._source, one.source_id) for one in links if not one.is_active), None)
            got = next((item_id(self._source, one.source_id) for one in links if one.is_active), None)
            if lost != got:
                told.append(self._change(links[-1], "parent", lost, got))
        return told

    def _change(self, row: Link, name: str, before: str | None, after: str | None) -> Change:
        return Change(
            source=self._source,
            event_id=f"{row.target_id}.{name}.{row.changed_date}.{before or ''}.{after or ''}",
            item_id=item_id(self._source, row.target_id),
            at=instant(row.changed_date),
            by=account_of(row.changed_by),
            field=name,
            before=before,
            after=after,
        )
