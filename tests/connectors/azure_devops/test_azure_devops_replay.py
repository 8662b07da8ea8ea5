"""Azure DevOps as it stood on earlier days, replayed from revisions, against what it said then."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from reading_world import ANN, BOB, PARENT, START_DATE, TARGET_DATE, Serve
from replayed_days import Evenings

from simulators.azure_devops import AzureDevOps

STATES = ["New", "Active", "Resolved", "Closed"]
ZONES = ["Europe/Zurich", "Pacific/Auckland", "America/New_York"]


class Work:
    """People at work on a small project, by dice that fall the same every time."""

    def __init__(self, site: AzureDevOps, seed: int) -> None:
        self.site, self.dice = site, random.Random(seed)
        site.add_area("Retail", "Retail\\Checkout")
        self.iterations = ["Retail\\1", "Retail\\2", "Retail\\3"]
        for number, path in enumerate(self.iterations):
            first = date(2026, 3, 2) + timedelta(days=14 * number)
            site.add_iteration("Retail", path, first, first + timedelta(days=11))
        self.parents = [self.new("Feature"), self.new("Feature")]
        self.items = [self.new("User Story") for _ in range(6)]
        self.below: dict[int, int] = {}
        self.gone: list[int] = []

    def new(self, type_: str) -> int:
        return self.site.create_item("Retail", type_, {"System.Title": f"{type_} of the day"}, by=ANN)

    def day(self) -> None:
        for _ in range(self.dice.randint(4, 9)):
            self.site.clock.advance(minutes=self.dice.randint(1, 30))
            self.step()

    def step(self) -> None:
        dice, site = self.dice, self.site
        item = dice.choice(self.items)
        match dice.randrange(9):
            case 0:
                self.items.append(self.new("User Story"))
            case 1 if item in self.below:
                site.unlink(item, PARENT, self.below.pop(item), by=BOB)
            case 1:
                self.below[item] = dice.choice(self.parents)
                site.link(item, PARENT, self.below[item], by=BOB)
            case 2:
                first = date(2026, 3, 2) + timedelta(days=dice.randint(0, 30))
                site.edit_iteration("Retail", dice.choice(self.iterations), first, first + timedelta(days=11))
            case 3 if len(self.items) > 4 and item not in self.below:
                self.items.remove(item)
                self.gone.append(item)
                site.delete_item(item, by=ANN)
            case _:
                for _ in range(dice.randint(1, 3)):
                    site.edit_item(item, self.an_edit(), by=dice.choice([ANN, BOB]))

    def an_edit(self) -> dict[str, Any]:
        dice = self.dice
        day = (date(2026, 3, 16) + timedelta(days=dice.randint(0, 40))).isoformat()
        return dice.choice(
            [
                {"System.State": dice.choice(STATES)},
                {TARGET_DATE: dice.choice([day, None]), START_DATE: dice.choice([day, None])},
                {"System.AssignedTo": dice.choice([ANN, BOB, None])},
                {"System.Title": f"title {dice.randint(1, 99)}"},
                {"System.Tags": "; ".join(dice.sample(["a", "b c", "blocked"], dice.randint(0, 3)))},
                {"System.IterationPath": dice.choice([*self.iterations, "Retail"])},
                {"System.AreaPath": dice.choice(["Retail", "Retail\\Checkout"])},
                {"Microsoft.VSTS.Common.Priority": dice.randint(1, 4)},
                {"Microsoft.VSTS.Scheduling.StoryPoints": dice.choice([1, 2.5, 8, None])},
            ]
        )


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "zone"), list(enumerate(ZONES)))
def test_every_day_is_replayed_as_it_was(
    seed: int, zone: str, site: AzureDevOps, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.derive.workday_table", lambda _: {"day": [], "ord": []})
    work, trial = Work(site, seed), serve()
    evenings = Evenings("azure_devops", "boards", zone)
    for _ in range(5):
        work.day()
        site.clock.advance(hours=1)
        evenings.evening(site.clock.now(), trial.connector, deleted=[f"boards/{one}" for one in work.gone])
        site.clock.set((site.clock.now() + timedelta(days=1)).replace(hour=12, minute=0))
    found = evenings.all_differences()
    assert len(found) == 5
    assert [line for wrong, _ in found.values() for line in wrong] == []
    assert min(known for _, known in found.values()) > 8 * 30
