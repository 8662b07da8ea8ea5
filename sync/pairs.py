"""Two coded columns as one: what is worked out for a pair is worked out once."""

from __future__ import annotations

import numpy as np

from store.frames import Coded


def pairs_of(first: Coded, second: Coded) -> Coded:
    """Two columns as one of pairs; an unknown value is None in its pair."""
    width = len(second.words) + 1
    pairs = (first.codes.astype(np.int64) + 1) * width + second.codes + 1
    found, place = np.unique(pairs, return_inverse=True)
    firsts, seconds = [None, *first.words], [None, *second.words]
    words = [(firsts[pair // width], seconds[pair % width]) for pair in found.tolist()]
    return Coded(place.astype(np.int32), words)
