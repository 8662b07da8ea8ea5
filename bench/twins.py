"""Twins and similar titles of up to 50,000 items in three trackers: processor time, as the input grows.

Titles are five random words of 3,000, some rare and some common; one in twenty is that of another item.
"""

from __future__ import annotations

import time
from random import Random

from bench.measure import table
from sync.similar_titles import Titled, similar_titles
from sync.twins import TwinSide, find_twins

SIZES = (12_500, 25_000, 50_000)
_SOURCES = ("shop", "boards", "plans")
_LETTERS = "abcdefghijklmnoprstuvwz"


def main() -> None:
    """Print seconds per size."""
    rows: list[tuple[str, str, str, int]] = []
    for size in SIZES:
        items = _items(size)
        sides = [
            TwinSide(
                one.item_id, one.source, one.key, one.title, (f"K-{number - 1}",) if number % 3 == 0 else ()
            )
            for number, one in enumerate(items)
        ]
        start = time.process_time()
        pairs = find_twins(sides, {}, ())
        between = time.process_time()
        similar_titles(items)
        end = time.process_time()
        rows.append((f"{size:,}", f"{between - start:.2f} s", f"{end - between:.2f} s", len(pairs)))
    table(("items", "evidence", "similar titles", "pairs by evidence"), rows)


def _items(count: int) -> list[Titled]:
    random = Random(7)  # noqa: S311 - made-up titles
    words = ["".join(random.choices(_LETTERS, k=random.randint(3, 9))) for _ in range(3_000)]
    weights = [1 / (rank + 1) ** 0.9 for rank in range(len(words))]
    titles: list[str] = []
    items: list[Titled] = []
    for number in range(count):
        is_copy = titles and random.random() < 0.05
        title = random.choice(titles) if is_copy else " ".join(random.choices(words, weights, k=5))
        titles.append(title)
        source = _SOURCES[number % 3]
        is_open = random.random() < 0.6
        items.append(Titled(f"{source}/{number}", source, f"K-{number}", title, "task", None, is_open))
    return items


if __name__ == "__main__":
    main()
