"""Views read once for a report, cut to its scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from portfolio.errors import UsageError
from reports.rows import ITEM_COLUMNS, Finding, Item, Scope

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

    def _slugs(self) -> frozenset[str] | None:
        """The slugs that are in scope; None is everything."""
        if self.scope.slug is None:
            return None
        found = {self.scope.slug}
        children: dict[str | None, list[str]] = {}
        for row in self.tree_rows:
            children.setdefault(row["parent"], []).append(row["slug"])
        if not any(row["slug"] == self.scope.slug for row in self.tree_rows):
            known = ", ".join(str(row["slug"]) for row in self.tree_rows)
            raise UsageError(
                f"The portfolio has no `{self.scope.slug}`.",
                hint=f"There are: {known}." if known else "The configuration has no `portfolio:`.",
            )
        queue = [self.scope.slug]
        while queue:
            for slug in children.get(queue.pop(), ()):
                found.add(slug)
                queue.append(slug)
        return frozenset(found)

    @cached_property
    def tree_rows(self) -> list[dict[str, Any]]:
        """Every row of the view `project`, in scope or not."""
        return [dict(row) for row in self.store.rows("project")]

    def contains(self, slugs: Iterable[str | None]) -> bool:
        """Whether something that stands at these slugs is in scope."""
        return self.slugs is None or any(slug in self.slugs for slug in slugs)

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

    def _items(self, where: str) -> list[Item]:
        rows = self.store.select(
            "item",
            columns=ITEM_COLUMNS,
            where=where,
            parameters={},
            row_limit=MAX_ROWS,
            timeout_seconds=_SECONDS,
        )
        found = [_item(row) for row in rows if self._is_mine(row)]
        return sorted(found, key=lambda one: one.item_id)

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


def _item(row: dict[str, Any]) -> Item:
    for name in ("is_done", "is_removed", "is_leaf", "is_summary", "is_milestone"):
        row[name] = bool(row[name])
    late = row["overdue_wd"]
    if row["is_done"] or row["is_removed"]:
        row["overdue_wd"] = 0
    else:
        row["overdue_wd"] = None if late is None else max(0, int(late))
    return Item(**row)
