"""How much a test tries: a little in every run, much more in `make soak`."""

from __future__ import annotations

import os

IS_LONG = "DOVETAIL_SOAK" in os.environ


def examples(count: int) -> int:
    """So many examples in a short run, fifty times as many in a long one."""
    return count * 50 if IS_LONG else count
