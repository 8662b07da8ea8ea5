"""The whole of an organisation as data, with the look-ups that reads, queries and edits share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from simulators.azure_devops import catalogue
from simulators.azure_devops.model import (
    STRIDE,
    Comment,
    CommentVersion,
    FieldDef,
    FieldUse,
    Item,
    Json,
    LinkEvent,
    Node,
    Process,
    Project,
    Relation,
    RelationEvent,
    Revision,
    Team,
    Tree,
    User,
    WorkType,
)
from simulators.azure_devops.model import State as WorkState
from simulators.clock import Clock, to_ms

DUMP_FORMAT = 1
_SPACE = UUID("3d1b6f0e-8f64-4f5a-9f7e-0b6f4d7b5c11")


class State:
    """Users, processes, projects, items and the two logs of an organisation."""

    def __init__(self, clock: Clock | None, seed: int, organisation: str) -> None:
        self.clock = clock or Clock()
        self.seed = seed
        self.organisation = organisation
        self.lock = threading.RLock()
        self.revision = 0  # counts every change of anything; kept answers hang on it
        self.id = self.guid("organisation", organisation)
        self.tenant = self.guid("tenant", organisation)
        self.users: dict[str, User] = {}
        self.tokens: dict[str, str] = {}  # a PAT or an access token → descriptor
        self.processes: dict[str, Process] = {p.id: p for p in catalogue.processes()}
        self.field_defs: dict[str, FieldDef] = {f.reference_name: f for f in catalogue.fields()}
        self.projects: dict[str, Project] = {}
        self.nodes: dict[int, Node] = {}
        self.teams: dict[str, Team] = {}
        self.items: dict[int, Item] = {}
        self.log: list[tuple[int, int]] = []  # watermark - 1 → (item id, rev); (0, 0) once destroyed
        self.link_log: list[LinkEvent] = []
        self.mails: list[tuple[str, str]] = []
        self.counters: dict[str, int] = {}
        self._paths: dict[int, str] = {}

    def guid(self, kind: str, name: str) -> str:
        """A GUID that is the same for the same seed, kind and name."""
        return str(uuid5(_SPACE, f"{self.seed}/{kind}/{name}"))

    def next_id(self, kind: str, first: int = 1) -> int:
        """The next number of a kind; numbers are never used twice."""
        self.counters[kind] = self.counters.get(kind, first - 1) + 1
        return self.counters[kind]

    def when(self, at: datetime | None) -> int:
        """Epoch milliseconds of an instant, or of the clock's."""
        return self.clock.now_ms() if at is None else to_ms(at)

    # people

    def find_user(self, text: str) -> User | None:
        """By descriptor, id, address, name, or `Name <address>`."""
        if text in self.users:
            return self.users[text]
        wanted = text.casefold()
        if wanted.endswith(">") and "<" in wanted:
            wanted = wanted.rpartition("<")[2][:-1]
        for user in self.users.values():
            if wanted in {user.email.casefold(), user.id, user.name.casefold()}:
                return user
        return None

    def person(self, text: str) -> User:
        """A known account, or KeyError."""
        found = self.find_user(text)
        if found is None:
            raise KeyError(f"no account {text!r} in this organisation")
        return found

    # projects, processes, trees

    def find_project(self, text: str) -> Project | None:
        """By GUID, or by its present name in any case."""
        if text.lower() in self.projects:
            return self.projects[text.lower()]
        wanted = text.casefold()
        return next((p for p in self.projects.values() if p.name.casefold() == wanted), None)

    def project(self, text: str) -> Project:
        """A known project, or KeyError."""
        found = self.find_project(text)
        if found is None:
            raise KeyError(f"no project {text!r} in this organisation")
        return found

    def process(self, text: str) -> Process:
        """A process by name or id, or KeyError."""
        for found in self.processes.values():
            if text.casefold() in {found.id, found.name.casefold()}:
                return found
        raise KeyError(f"no process {text!r} in this organisation")

    def types_of(self, project: Project) -> dict[str, WorkType]:
        """The work item types of a project, by name."""
        return self.processes[project.process_id].types

    def type_of(self, item: Item) -> WorkType:
        """The present type of an item."""
        project = self.projects[item.state["System.TeamProject"]]
        return self.types_of(project)[item.state["System.WorkItemType"]]

    def project_of(self, item: Item) -> Project:
        """The project that an item is in now."""
        return self.projects[item.state["System.TeamProject"]]

    def path_of(self, node_id: int) -> str:
        """The path of an area or iteration as items show it; it follows every rename at once."""
        kept = self._paths.get(node_id)
        if kept is None:
            node = self.nodes[node_id]
            name = self.projects[node.project_id].name if node.parent is None else node.name
            kept = name if node.parent is None else f"{self.path_of(node.parent)}\\{name}"
            self._paths[node_id] = kept
        return kept

    def forget_paths(self) -> None:
        """A node or project was renamed or moved."""
        self._paths.clear()

    def root(self, project: Project, tree: Tree) -> Node:
        """The root of a tree."""
        return self.nodes[project.area_root if tree == "area" else project.iteration_root]

    def find_node(self, project: Project, tree: Tree, path: str) -> Node | None:
        r"""A node by the path that items show (`Retail\Checkout`), in any case."""
        parts = [part for part in path.replace("/", "\\").split("\\") if part]
        if not parts or parts[0].casefold() != project.name.casefold():
            return None
        return self.below(self.root(project, tree), parts[1:])

    def below(self, node: Node, names: list[str]) -> Node | None:
        """A descendant by names."""
        for name in names:
            wanted = name.casefold()
            children = (self.nodes[number] for number in node.children)
            found = next((child for child in children if child.name.casefold() == wanted), None)
            if found is None:
                return None
            node = found
        return node

    def with_below(self, node_id: int) -> Iterator[int]:
        """A node and everything under it."""
        yield node_id
        for child in self.nodes[node_id].children:
            yield from self.with_below(child)

    def teams_of(self, project: Project) -> list[Team]:
        """The teams of a project."""
        return [team for team in self.teams.values() if team.project_id == project.id]

    def find_team(self, project: Project, text: str) -> Team | None:
        """A team by name or id."""
        wanted = text.casefold()
        return next((t for t in self.teams_of(project) if wanted in {t.id, t.name.casefold()}), None)

    # items

    def visible(self, item: Item | None) -> bool:
        """May the caller read it? Deleted, unknown and forbidden look the same."""
        return item is not None and not item.deleted and not item.hidden

    # dump and restore

    def dump(self) -> dict[str, Json]:
        """The whole organisation as JSON data: equal ones give equal dumps. Requests are no part of it."""
        with self.lock:
            data: dict[str, Json] = {
                name: [asdict(entry) for entry in getattr(self, name).values()]
                for name in ("users", "processes", "field_defs", "projects", "nodes", "teams")
            }
            data["items"] = [_without(asdict(self.items[number])) for number in sorted(self.items)]
            data["log"] = [list(entry) for entry in self.log]
            data["link_log"] = [asdict(event) for event in self.link_log]
            data["tokens"] = dict(sorted(self.tokens.items()))
            data["mails"] = [list(mail) for mail in self.mails]
            data["counters"] = dict(sorted(self.counters.items()))
            data |= {"clock": self.clock.now_ms(), "seed": self.seed, "organisation": self.organisation}
            data["format"] = DUMP_FORMAT
            return data

    def load(self, data: dict[str, Json]) -> None:
        """Become the organisation that a dump describes; the clock is the caller's to set."""
        if data.get("format") != DUMP_FORMAT:
            raise ValueError(f"this dump has format {data.get('format')}, not {DUMP_FORMAT}")
        self.users = {entry["descriptor"]: User(**entry) for entry in data["users"]}
        self.processes = {entry["id"]: _process(entry) for entry in data["processes"]}
        self.field_defs = {entry["reference_name"]: FieldDef(**entry) for entry in data["field_defs"]}
        self.projects = {entry["id"]: Project(**entry) for entry in data["projects"]}
        self.nodes = {entry["id"]: Node(**entry) for entry in data["nodes"]}
        self.teams = {entry["id"]: _team(entry) for entry in data["teams"]}
        self.items = {entry["id"]: _item(entry) for entry in data["items"]}
        self.log = [(number, rev) for number, rev in data["log"]]
        self.link_log = [LinkEvent(**event) for event in data["link_log"]]
        self.tokens = dict(data["tokens"])
        self.mails = [(key, reason) for key, reason in data["mails"]]
        self.counters = dict(data["counters"])
        self.forget_paths()
        self.revision += 1


def _without(entry: dict[str, Json]) -> dict[str, Json]:
    del entry["checkpoints"], entry["state"]  # both follow from the revisions
    return entry


def _process(entry: dict[str, Any]) -> Process:
    types = {
        name: WorkType(
            **kind
            | {
                "states": [WorkState(**state) for state in kind["states"]],
                "fields": {ref: FieldUse(**use) for ref, use in kind["fields"].items()},
            }
        )
        for name, kind in entry["types"].items()
    }
    return Process(**entry | {"types": types})


def _team(entry: dict[str, Any]) -> Team:
    areas = {int(number): below for number, below in entry["areas"].items()}  # JSON has text keys
    return Team(**entry | {"areas": areas})


def _item(entry: dict[str, Any]) -> Item:
    item = Item(**entry | {"revisions": []})
    item.relations = [Relation(**relation) for relation in entry["relations"]]
    item.events = [
        RelationEvent(**event | {"relation": Relation(**event["relation"])}) for event in entry["events"]
    ]
    item.comments = [
        Comment(**comment | {"versions": [CommentVersion(**one) for one in comment["versions"]]})
        for comment in entry["comments"]
    ]
    for revision in entry["revisions"]:
        append(item, Revision(**revision))
    return item


def append(item: Item, revision: Revision) -> None:
    """Add a revision and bring the present state up to it."""
    item.revisions.append(revision)
    for name, value in revision.changes.items():
        if value is None:
            item.state.pop(name, None)
        else:
            item.state[name] = value
    if len(item.revisions) % STRIDE == 0:
        item.checkpoints[len(item.revisions)] = dict(item.state)
