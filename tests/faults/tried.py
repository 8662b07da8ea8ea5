"""How much was tried, over all tests of faults in this process: told at the end of the run."""

from __future__ import annotations

from collections import Counter

TRIED: Counter[str] = Counter()
