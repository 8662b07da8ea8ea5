"""Reading items into pages: mapping them, telling of accounts once, remembering what was delivered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from connectors.azure_devops.mapping import Mapped
from connectors.azure_devops.mapping_site import identity
from connectors.azure_devops.relations import dependency
from connectors.azure_devops.values import account_of
from connectors.azure_devops.wire import Account
from portfolio.errors import MappingError
from portfolio.records import AnyRecord, Cursor, Gone, OwnedBy, Page

if TYPE_CHECKING:
    from connectors.azure_devops.links import LinksAhead
    from connectors.azure_devops.site import Site


# What a run remembers of the links it delivered; what it does not remember is read once more.
REMEMBERED = 300_000
IN_THE_BIN = "deleted: it is in the recycle bin"


class Read(msgspec.Struct):
    """What reading some items gave."""

    records: list[AnyRecord] = []
    items: list[str] = []
    whole: list[str] = []  # those that were read with their relations
    skipped: list[str] = []
    numbers: set[int] = set()

    def page(self, cursor: Cursor | None, *, gone: Sequence[Gone] = ()) -> Page:
        """The page that brings them."""
        replaces = [
            OwnedBy(record=record, item_ids=ids)
            for record, ids in (("Dependency", self.whole), ("Risk", self.items))
            if ids
        ]
        return Page(records=self.records, cursor=cursor, gone=gone, replaces=replaces, skipped=self.skipped)


class ItemReader:
    """Reads items of one organisation and remembers what it delivered, for the stream of links."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._source = site.settings.name

    def read(self, numbers: Iterable[int]) -> Read:
        """These items whole, as far as they can be seen and belong to a project that is read."""
        return self.take(self._site.read_whole(sorted(numbers)), with_relations=True)

    def take(
        self,
        rows: Iterable[Any],
        *,
        with_relations: bool,
        into: Read | None = None,
        ahead: LinksAhead | None = None,
    ) -> Read:
        """Map rows; add to what was read before. `ahead` knows the links of rows that show none."""
        read = into or Read()
        mapper = self._site.mapper
        for row in rows:
            if not self._site.in_scope(row.fields.project):
                continue
            if ahead is not None:
                row.fields.parent = ahead.parents.get(row.id)
            try:
                mapped = mapper.map(row, with_relations=with_relations)
            except MappingError as error:
                read.skipped.append(error.message)
                continue
            read.records.extend(mapped.records)
            read.records.extend(self._owner(row.fields.owner))
            read.skipped.extend(f"{self._source}: {line}" for line in mapped.problems)
            read.items.append(mapped.item.item_id)
            read.numbers.add(row.id)
            pairs = self._pairs(row.id, mapped, with_relations=with_relations)
            if ahead is not None:
                pairs = ahead.pairs_of(row.id)
                read.records.extend(dependency(self._source, *pair) for pair in sorted(pairs))
            is_whole = with_relations or ahead is not None
            if is_whole:
                read.whole.append(mapped.item.item_id)
            if len(self._site.parents) < REMEMBERED:
                self._site.parents[row.id] = mapped.links.parent or row.fields.parent or 0
                if is_whole:
                    self._site.whole[row.id] = pairs
        read.records.extend(mapper.unmapped())
        return read

    def told(self, accounts: Iterable[tuple[str, Account | str]]) -> list[AnyRecord]:
        """Accounts that were not told of before. The directory knows better, so nobody is told of twice."""
        fresh: list[AnyRecord] = []
        for account, value in accounts:
            if account not in self._site.known:
                self._site.known.add(account)
                fresh.append(identity(self._source, account, value))
        return fresh

    def _owner(self, value: Account | str | None) -> list[AnyRecord]:
        account = account_of(value)
        if account is None or value is None:
            return []
        self._site.owners.add(account)
        return self.told([(account, value)])

    def _pairs(self, item: int, mapped: Mapped, *, with_relations: bool) -> frozenset[tuple[int, int]]:
        links = mapped.links
        if not with_relations:
            return _NONE
        return frozenset(
            [*((one, item) for one in links.predecessors), *((item, one) for one in links.successors)]
        )


_NONE: frozenset[tuple[int, int]] = frozenset()
