"""Many synthetic work items at once, for benchmarks: fast to make, the same for the same seed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from simulators.azure_devops.model import Item, Json, LinkEvent, Relation, RelationEvent, Revision, iso
from simulators.azure_devops.state import append

if TYPE_CHECKING:
    from simulators.azure_devops.site import AzureDevOps

_WORDS = (
    "order",
    "basket",
    "payment",
    "invoice",
    "refund",
    "gateway",
    "ledger",
    "screen",
    "customer",
    "delivery",
)
_DAY_MS = 86_400_000
_EPIC_EVERY = 20
_CHILD, _PARENT = "System.LinkTypes.Hierarchy-Forward", "System.LinkTypes.Hierarchy-Reverse"
_S = "Microsoft.VSTS.Scheduling."


def bulk_load(
    site: AzureDevOps,
    count: int,
    revisions_per_item: int = 10,
    *,
    project: str = "Load",
    people: int = 50,
    areas: int = 20,
    description_bytes: int = 400,
) -> list[int]:
    """Add `count` items with `revisions_per_item` revisions each to a project and return their ids.

    Every twentieth is an epic, the others are stories that hang on the epic before them. The revisions move
    states, dates, estimates and people over the year before the site's now, in the order of time, as the
    watermarks of a real organisation are.
    """
    generator = random.Random(f"{site.seed} load")
    with site.writing():
        if site.find_project(project) is None:
            site.add_project(project)
        home = site.project(project)
        places = [site.add_area(project, f"{home.name}\\Area {n:02d}") for n in range(areas)]
        sprints = [site.add_iteration(project, f"{home.name}\\Sprint {n:02d}") for n in range(12)]
        accounts = _people(site, people)
        text = " ".join(generator.choice(_WORDS) for _ in range(description_bytes // 7 + 1))[
            :description_bytes
        ]
        items = []
        for index in range(count):
            item = Item(site.next_id("item"))
            site.items[item.id] = item
            items.append(item)
            first = _first(index, home.id, generator, places, sprints, accounts, text)
            item.state = first  # for now: what the first revision sets
        _live(site, items, revisions_per_item, generator, accounts, sprints)
        return [item.id for item in items]


def _people(site: AzureDevOps, count: int) -> list[str]:
    found = []
    for number in range(count):
        email = f"person{number:04d}@demo.example"
        known = site.find_user(email)
        found.append(known.descriptor if known else site.add_user(f"Person {number:04d}", email))
    return found


def _first(
    index: int,
    project_id: str,
    generator: random.Random,
    places: list[int],
    sprints: list[int],
    accounts: list[str],
    text: str,
) -> dict[str, Json]:
    is_epic = index % _EPIC_EVERY == 0
    return {
        "System.TeamProject": project_id,
        "System.WorkItemType": "Epic" if is_epic else "User Story",
        "System.AreaId": places[index // _EPIC_EVERY % len(places)],
        "System.IterationId": generator.choice(sprints),
        "System.State": "New",
        "System.Reason": "New",
        "System.AssignedTo": generator.choice(accounts),
        "System.CreatedBy": generator.choice(accounts),
        "System.CommentCount": 0,
        "System.Title": f"{generator.choice(_WORDS).title()} {generator.choice(_WORDS)} {index}",
        "System.Description": f"<div>{text}</div>",
        "Microsoft.VSTS.Common.Priority": generator.randrange(1, 5),
    }


def _live(
    site: AzureDevOps,
    items: list[Item],
    revisions: int,
    generator: random.Random,
    accounts: list[str],
    sprints: list[int],
) -> None:
    """One round per revision: all items once, so that time and watermarks rise together."""
    end = site.clock.now_ms()
    start = end - 365 * _DAY_MS
    step = (end - start) / max(revisions * len(items), 1)
    tick = 0
    for number in range(revisions):
        for index, item in enumerate(items):
            at = start + int(tick * step)
            tick += 1
            if number == 0:
                changes = item.state | {
                    "System.CreatedDate": iso(at),
                    "Microsoft.VSTS.Common.StateChangeDate": iso(at),
                }
                item.state = {}
                by = changes["System.CreatedBy"]
            else:
                changes = _change(item, number, generator, accounts, sprints, at)
                by = accounts[tick % len(accounts)]
            site.log.append((item.id, number + 1))
            append(item, Revision(at, by, len(site.log), changes))
            if number == 0 and index % _EPIC_EVERY:
                _hang(site, items[index - index % _EPIC_EVERY], item, by, at)


def _change(
    item: Item,
    number: int,
    generator: random.Random,
    accounts: list[str],
    sprints: list[int],
    at: int,
) -> dict[str, Json]:
    match number % 4:
        case 1:
            day = 1 + generator.randrange(28)
            field = "TargetDate" if item.state["System.WorkItemType"] == "Epic" else "FinishDate"
            return {_S + field: f"2026-{1 + generator.randrange(12):02d}-{day:02d}T00:00:00Z"}
        case 2:
            name = generator.choice(("Active", "Resolved", "Closed"))
            if name == item.state["System.State"]:
                name = "New"
            return {"System.State": name, "Microsoft.VSTS.Common.StateChangeDate": iso(at)}
        case 3:
            return {"System.IterationId": generator.choice(sprints), _S + "StoryPoints": float(number)}
    return {"System.AssignedTo": generator.choice(accounts), _S + "StoryPoints": float(number)}


def _hang(site: AzureDevOps, parent: Item, child: Item, by: str, at: int) -> None:
    down, up = Relation(_CHILD, child.id, "", at), Relation(_PARENT, parent.id, "", at)
    parent.relations.append(down)
    parent.events.append(RelationEvent(at, by, True, down))
    child.relations.append(up)
    child.events.append(RelationEvent(at, by, True, up))
    site.link_log.append(LinkEvent("System.LinkTypes.Hierarchy", parent.id, child.id, at, by, True))
