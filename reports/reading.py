"""Views read once for a report, cut to its scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from reports.rows import CUT_TEXTS, ITEM_COLUMNS, Finding, Item, Scope
from reports.scope import above, within

if TYPE_CHECKING:
    from store import Store

__all__ = ["MAX_ROWS", "Finding", "Item", "Scope", "Views"]

MAX_ROWS = 2_000_000
_SECONDS = 300.0


class Views:
    """The views that reports read, each once and only when it is asked for.

    Args:
        store: an open store.
        scope: what the report is about.

    Raises:
        UsageError: the scope names a slug that the tree does not have.
    """

    def __init__(self, store: Store, scope: Scope) -> None:
        self.store = store
        self.scope = scope
        self.slugs = self._slugs()
        self._outside: dict[str, Item | None] = {}

    def _slugs(self) -> frozenset[str] | None:
        """The slugs that are in scope; None is everything."""
        return None if self.scope.slug is None else frozenset(within(self.tree_rows, self.scope.slug))

    @cached_property
    def tree_rows(self) -> list[dict[str, Any]]:
        """Every row of the view `project`, in scope or not."""
        return [dict(row) for row in self.store.rows("project")]

    def contains(self, slugs: Iterable[str | None]) -> bool:
        """Whether something that stands at these slugs is in scope."""
        return self.slugs is None or any(slug in self.slugs for slug in slugs)

    def concerns(self, slug: str | None) -> bool:
        """Whether an appointment of this slug is about what is shown, about a part or all of it."""
        return slug is None or self.contains((slug,)) or slug in self._above

    @cached_property
    def _above(self) -> frozenset[str]:
        """What stands above the scope in the tree."""
        return frozenset(above(self.tree_rows, self.scope.slug))

    @cached_property
    def open_items(self) -> list[Item]:
        """Everything that is neither done nor removed, by id."""
        return self._items("NOT is_done AND NOT is_removed")

    @cached_property
    def done_items(self) -> list[Item]:
        """Everything that is done, by id."""
        return self._items("is_done")

    @cached_property
    def by_id(self) -> dict[str, Item]:
        """Open and done items by their id."""
        return {one.item_id: one for one in (*self.done_items, *self.open_items)}

    def anywhere(self, item_id: str) -> Item | None:
        """An item in scope or not, such as what drives one that is; None where it is removed or gone."""
        if item_id in self.by_id:
            return self.by_id[item_id]
        if item_id not in self._outside:
            rows = [] if self.slugs is None else self._select("item_id = :id AND NOT is_removed", id=item_id)
            self._outside[item_id] = self._item(rows[0]) if rows else None
        return self._outside[item_id]

    def _select(self, where: str, **parameters: object) -> list[dict[str, Any]]:
        return self.store.select(
            "item",
            columns=ITEM_COLUMNS,
            where=where,
            parameters=parameters,
            row_limit=MAX_ROWS,
            timeout_seconds=_SECONDS,
        )

    def _items(self, where: str) -> list[Item]:
        found = [self._item(row) for row in self._select(where) if self._is_mine(row)]
        return sorted(found, key=lambda one: one.item_id)

    def _item(self, row: dict[str, Any]) -> Item:
        for name in CUT_TEXTS:
            row[name] = None if row[name] is None else row[name][1:]
        for name in ("is_done", "is_removed", "is_leaf", "is_summary", "is_milestone"):
            row[name] = bool(row[name])
        if row["is_done"] or row["is_removed"]:
            row["overdue_wd"] = 0
        else:
            late = row["overdue_wd"]
            if self.scope.derived is not None:  # the store counts to the day for which it was derived
                late = self.scope.working_days(row["due"], self.scope.today)
            row["overdue_wd"] = None if late is None else max(0, int(late))
        return Item(**row)

    @cached_property
    def sides(self) -> Mapping[str, tuple[str, ...]]:
        """For each item that has confirmed twins, the ids of all its sides, its own among them, in order."""
        group: dict[str, set[str]] = {}
        for row in self.rows("twin", is_confirmed=True):
            pair = [str(one) for one in (row["a_id"], row["b_id"]) if one is not None]
            if len(pair) < 2:
                continue
            merged = set().union(*(group.get(one, {one}) for one in pair))
            for one in merged:
                group[one] = merged
        return {one: tuple(sorted(members)) for one, members in group.items()}

    @cached_property
    def work(self) -> list[Item]:
        """Open work: what is no risk and has nothing below it, in whatever tracker. Both sides of twins."""
        return [one for one in self.open_items if one.kind != "risk" and self._is_leaf(one)]

    def _is_leaf(self, item: Item) -> bool:
        sides = (self.by_id.get(one) for one in self.sides.get(item.item_id, ()))
        return item.is_leaf and all(one.is_leaf for one in sides if one is not None and one.is_open)

    def piece(self, item: Item) -> str:
        """The piece of work that an item is a side of: confirmed twins are one."""
        return self.sides.get(item.item_id, (item.item_id,))[0]

    def pieces(self, items: Iterable[Item]) -> int:
        """How many pieces of work these are; work that stands in two trackers counts once."""
        return len({self.piece(one) for one in items})

    def _is_mine(self, row: Mapping[str, Any]) -> bool:
        return self.contains((row["project"], row["program"], row["portfolio"]))

    @cached_property
    def findings(self) -> list[Finding]:
        """Every finding in scope, whatever its state, by id."""
        found = [Finding(**row) for row in self.store.rows("finding")]  # type: ignore[arg-type]
        if self.slugs is None:
            return found
        return [one for one in found if self.place_of(one) in self.slugs]

    def subject_of(self, finding: Finding) -> Item | None:
        """The item that a finding is about; of a dependency or of twins the one that gets the comment."""
        ids = (finding.item_id, *finding.comment_items)
        return next((self.by_id[one] for one in ids if one in self.by_id), None)

    def unit_of(self, item: Item) -> str | None:
        """The slug of the row of the tree that an item counts for; without a tree its schedule."""
        return (item.project or item.program or item.portfolio) if self.tree_rows else item.schedule_id

    def place_of(self, finding: Finding) -> str | None:
        """The slug of the project that a finding is about; None where it is about none or several."""
        item = self.subject_of(finding)
        if item is not None:
            return self.unit_of(item)
        if finding.project is not None or not finding.subject.startswith("schedule"):
            return finding.project
        return self._project_of_schedule.get(str(finding.evidence.get("name")))

    @cached_property
    def _project_of_schedule(self) -> dict[str, str | None]:
        slug = "project" if self.tree_rows else "schedule_id"
        rows = self.store.rows("schedule")
        return {str(row["name"]): None if row[slug] is None else str(row[slug]) for row in rows}

    @cached_property
    def live_findings(self) -> list[Finding]:
        """The findings that are open or acknowledged."""
        return [one for one in self.findings if one.is_live]

    def rows(self, view: str, **where: object) -> list[dict[str, Any]]:
        """The rows of another view that are in scope, as far as its columns tell."""
        found = [dict(row) for row in self.store.rows(view, where=where)]
        if self.slugs is None:
            return found
        if view in ("risk", "item"):
            return [row for row in found if self._is_mine(row)]
        if view == "schedule":
            return [row for row in found if row["project"] in self.slugs]
        if view == "schedule_check":
            mine = {row["schedule_id"] for row in self.rows("schedule")}
            return [row for row in found if row["schedule_id"] in mine]
        if view == "dependency":
            ids = self.by_id
            return [row for row in found if row["predecessor_id"] in ids or row["successor_id"] in ids]
        return found
