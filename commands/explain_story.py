"""Parts of an explanation that tell a story: what drives an item, and what would resolve a finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rules.explain import Explained
    from store import Store

CHAIN_LENGTH = 12


def driver_chain(store: Store, item: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """What drives the item's start, what drives that, and so on: (key, title with its dates); at most 12."""
    found: list[tuple[str, str]] = []
    seen: set[object] = set() if item is None else {item["item_id"]}
    step = item
    while step is not None and len(found) < CHAIN_LENGTH:
        driver = step["driver_id"]
        if driver is None or driver in seen:
            break
        seen.add(driver)
        step = next(iter(store.rows("item", where={"item_id": driver})), None)
        if step is not None:
            found.append((str(step["key"]), f"{step['title']}  ({_standing(step)})"))
    return found


def _standing(item: Mapping[str, Any]) -> str:
    if item["is_done"]:
        return f"done {item['actual_finish'] or ''}".strip()
    due = f"due {item['effective_due']}" if item["effective_due"] else "no date"
    slip = item["slip_wd"]
    return due if not slip else f"{due}, {abs(slip)} working days {'late' if slip > 0 else 'early'}"


def resolution(terms: Sequence[Explained] | None) -> str:
    """What would resolve a finding, in a sentence; empty where its terms are not known or no longer hold."""
    flags = [one.text for one in terms or () if one.part == "flag" and one.value is True]
    if not flags:
        return ""
    which = "one of these is" if len(flags) > 1 else "this is"
    return f"{which} no longer so: {'; '.join(flags)}. Or it is finished, or leaves what the rule looks at."
