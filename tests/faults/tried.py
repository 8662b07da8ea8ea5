"""How much the tests of faults tried, counted by all of them and told at the end of a run."""

from __future__ import annotations

from collections import Counter

TRIED: Counter[str] = Counter()
