"""The canary: a few places that are written to first, and alone, until they have stood for a while."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store import Store

# Kept apart from the streams of any source, which a full run reads from the beginning.
_NO_SOURCE = "*"


@dataclass(frozen=True, slots=True)
class Canary:
    """Which places are written to while the canary lasts.

    Attributes:
        places: `source:scope` or `source:key`. A scope stands for what is below it, too. Empty: no canary.
        stands_for: how long after the first write there it ends by itself; None: when it is taken out of the
            configuration.
    """

    places: Sequence[str] = ()
    stands_for: timedelta | None = None

    def covers(self, source: str, key: str, scope: str | None) -> bool:
        """Whether an item is among them. Case does not count, as in the portfolio's scopes."""
        wanted = {_folded(place) for place in self.places}
        if _folded(f"{source}:{key}") in wanted:
            return True
        if scope is None:
            return False
        path = scope.replace("\\", "/")
        names = [path, PurePosixPath(path).name, *(str(above) for above in PurePosixPath(path).parents)]
        return any(_folded(f"{source}:{name}") in wanted for name in names)

    @property
    def stream(self) -> str:
        """Under which the store keeps when it was first written to. Other places are another canary."""
        told = "\n".join(sorted({_folded(place) for place in self.places}))
        return f"canary:{hashlib.sha256(told.encode()).hexdigest()[:16]}"

    def begun_at(self, store: Store) -> datetime | None:
        """When the first write to one of its places was made; None before."""
        return store.stream_read_at(_NO_SOURCE, self.stream)

    def holds(self, store: Store, now: datetime) -> bool:
        """Whether only its places are written to at this instant."""
        if not self.places:
            return False
        if self.stands_for is None:
            return True
        begun = self.begun_at(store)
        return begun is None or now - begun < self.stands_for

    def note(self, store: Store, now: datetime) -> None:
        """Remember the first write to one of its places; later ones change nothing."""
        if self.places and self.begun_at(store) is None:
            store.mark_stream_read(_NO_SOURCE, self.stream, now)

    def begin_anew(self, store: Store) -> None:
        """Forget that it was written to: what was written there did not stand."""
        store.forget_cursors(_NO_SOURCE, self.stream)

    def in_words(self, store: Store) -> str:
        """How long it lasts: `until 25 Nov 2026 09:00 UTC`, or what ends it."""
        if self.stands_for is None:
            return "until limits.canary is taken out of the configuration"
        begun = self.begun_at(store)
        if begun is None:
            hours = self.stands_for / timedelta(hours=1)
            return f"until its first write has stood for {hours:g} hours"
        return f"until {begun + self.stands_for:%Y-%m-%d %H:%M} UTC"


def _folded(place: str) -> str:
    source, _, name = place.partition(":")
    return f"{source}:{name.replace(chr(92), '/').strip('/').casefold()}"
