"""Many small pages under faults and kills: the store is the truth after two runs, again and again.

Only the pull runs, so that pages are what the time goes into: a few thousand by default, a million with
DOVETAIL_SOAK=1, or as many as DOVETAIL_PAGES says.
"""

from __future__ import annotations

import os
import random
from contextlib import suppress
from datetime import timedelta

import pytest
from crossings import Crossings, KilledError
from engine import Engine
from sides import TUESDAY, MemorySide
from tried import TRIED

from connectors.memory import MemoryConnector
from connectors.memory_tracker import LostAnswer
from portfolio.errors import AuthError, Unavailable
from store import open_store
from sync.pull import pull

PAGES = int(os.environ.get("DOVETAIL_PAGES", "1000000" if "DOVETAIL_SOAK" in os.environ else "2000"))
IS_LONG = PAGES > 10_000


class OneItemPages(MemorySide):
    def connector(self) -> MemoryConnector:
        return MemoryConnector(self.tracker, self.name, page_size=1)


def pulled(engine: Engine) -> str:
    """One pull; how it ended."""
    settings = engine.settings().pull
    (outcome,) = pull(
        engine.store, [engine.side.connector()], run_id="r", now=engine.side.now(), settings=settings
    )
    return outcome.state


@pytest.mark.slow
def test_no_page_is_lost_under_faults_and_kills(crossings: Crossings) -> None:
    chance = random.Random(None if IS_LONG else 20261124)
    while crossings.page_transactions < PAGES:
        side = OneItemPages()
        for _ in range(150 if IS_LONG else 40):
            side.add(TUESDAY.date())
        engine = Engine(side, open_store("sqlite://"))
        for _ in range(12):
            _history(side, engine, crossings, chance)
        engine.store.close()
        TRIED["histories"] += 1


def _history(side: MemorySide, engine: Engine, crossings: Crossings, chance: random.Random) -> None:
    for _ in range(chance.randrange(6)):
        tasks = side.tasks()
        match chance.randrange(6):
            case 0 | 1:
                side.add(TUESDAY.date() + timedelta(days=chance.randrange(30)))
            case 2 | 3 if tasks:
                side.edit(chance.choice(tasks), TUESDAY.date() + timedelta(days=chance.randrange(30)))
            case 4 if len(tasks) > 3:
                side.delete(chance.choice(tasks))
            case _ if tasks:
                side.move(chance.choice(tasks))
    if chance.random() < 0.5:
        engine.store.forget_cursors(side.name)  # everything is read again, page by page
    for _ in range(chance.randrange(3)):
        error = chance.choice([LostAnswer(), Unavailable("memory", "503"), AuthError("memory", "401")])
        side.tracker.fail(chance.choice(["page", "census"]), error, nth=chance.randrange(1, 40))
        TRIED["faults"] += 1
    if chance.random() < 0.5:
        crossings.begin(chance.randrange(120))
        with suppress(KilledError):
            pulled(engine)
        crossings.begin()
    pulled(engine)
    side.heal()
    side.pass_time(hours=25)
    pulled(engine)
    assert pulled(engine) == "ok"
    assert engine.stored() == side.truth()
