"""The builder's frame: accounts, processes, types, fields, projects, trees and teams."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from datetime import date

from simulators.azure_devops import catalogue
from simulators.azure_devops.model import (
    Category,
    FieldDef,
    FieldUse,
    Node,
    Process,
    Project,
    Team,
    Tree,
    User,
    UserKind,
    WorkType,
)
from simulators.azure_devops.model import State as WorkState
from simulators.azure_devops.state import State

_PREFIX = {"aad": "aad", "msa": "msa", "svc": "svc", "group": "vssgp"}


class Structure(State):
    """Everything around the work items."""

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One change: alone, and seen by whatever is kept."""
        with self.lock:
            yield
            self.revision += 1

    # people

    def add_user(
        self,
        name: str,
        email: str,
        *,
        kind: UserKind = "aad",
        active: bool = True,
        entra_id: str | None = None,
    ) -> str:
        """An account, a service identity or a group; returns its descriptor."""
        with self.writing():
            key = self.guid(f"user {kind}", email or name)
            origin = self.guid("origin", email or name)
            user = User(
                descriptor=self._descriptor(kind, key, name),
                name=name,
                email=email,
                kind=kind,
                id=key,
                # Recorded: a GUID of Entra, but a PUID of a Microsoft account.
                origin_id=entra_id or (f"0003{key[:8]}{key[9:13]}".upper() if kind == "msa" else origin),
                domain={"aad": self.tenant, "msa": "Windows Live ID", "svc": "Build"}.get(kind, self.id),
                active=active,
            )
            self.users[user.descriptor] = user
            return user.descriptor

    def edit_user(self, text: str, *, name: str | None = None, active: bool | None = None) -> None:
        """Rename an account or (de)activate it; the descriptor stays."""
        with self.writing():
            user = self.person(text)
            user.name = user.name if name is None else name
            user.active = user.active if active is None else active

    def remove_user(self, text: str) -> None:
        """An account leaves the organisation: no list shows it, its assignments stay, it is not active."""
        with self.writing():
            user = self.person(text)
            user.active = user.listed = False

    def add_token(self, email: str) -> str:
        """A further PAT, of another account; each account has a rate limit of its own."""
        user = self.person(email)
        generator = random.Random(f"{self.seed} token {user.descriptor}")
        token = f"simulatedPat{generator.getrandbits(160):040x}"
        self.tokens[token] = user.descriptor
        return token

    def _descriptor(self, kind: UserKind, key: str, name: str) -> str:
        # Recorded: the base64 of the storage key, of "host:Build:id" for services, of a SID for groups.
        number = int(key.replace("-", ""), 16)
        text = {
            "svc": f"{self.id}:Build:{key}",
            "group": f"S-1-9-1551374245-{number % 2**32}-{number // 2**32 % 2**32}-0-0-0-0-3",
        }.get(kind, key)
        return f"{_PREFIX[kind]}.{base64.urlsafe_b64encode(text.encode()).decode().rstrip('=')}"

    # processes, types, states, fields

    def add_process(self, name: str, parent: str = "Agile") -> str:
        """An inherited process; returns its id."""
        with self.writing():
            above = self.process(parent)
            found = Process(
                id=self.guid("process", name),
                name=name,
                description="",
                types=deepcopy(above.types),
                parent_id=above.id,
            )
            self.processes[found.id] = found
            return found.id

    def add_type(
        self, process: str, name: str, *, fields: Sequence[str] = (), parent_type: str | None = None
    ) -> None:
        """A type of an inherited process.

        With `parent_type` it has that type's states, fields and backlog level. Without, it is a custom one:
        New, Active, Closed, and no Activated or Resolved dates, which custom types do not fill.
        """
        with self.writing():
            home = self._inherited(process)
            if parent_type is not None:
                kind = deepcopy(home.types[parent_type])
                kind.name = name
            else:
                kind = deepcopy(catalogue.processes()[0].types["Task"])
                kind.name, kind.category, kind.color = name, "", "009CCC"
                for ref in [ref for ref in kind.fields if "Activated" in ref or "Resolved" in ref]:
                    del kind.fields[ref]
                for ref in [ref for ref in kind.fields if ref.startswith("Microsoft.VSTS.Scheduling.")]:
                    del kind.fields[ref]
            kind.reference_name = f"{home.name.replace(' ', '')}.{name.replace(' ', '')}"
            kind.icon = "icon_clipboard"
            for ref in fields:
                kind.fields[self.field_defs[ref].reference_name] = catalogue.use(ref)
            home.types[name] = kind

    def add_state(self, process: str, type_: str, name: str, category: Category) -> None:
        """A state of a type, after the last one of its category."""
        with self.writing():
            states = self._inherited(process).types[type_].states
            order = list(catalogue.COLORS)
            place = sum(order.index(state.category) <= order.index(category) for state in states)
            states.insert(place, WorkState(name, category, catalogue.COLORS[category]))

    def add_field(
        self,
        reference_name: str,
        name: str,
        type_: str,
        *,
        process: str,
        types: Sequence[str] = (),
        allowed: Sequence[str] = (),
        read_only: bool = False,
        required: bool = False,
    ) -> None:
        """A custom field on types of a process (all of them by default).

        `type_` is a field type of the API or `identity`; `allowed` makes a picklist of it.
        """
        with self.writing():
            home = self._inherited(process)
            kind = "string" if type_ == "identity" else type_
            if reference_name not in self.field_defs:
                self.field_defs[reference_name] = FieldDef(
                    reference_name, name, kind, False, type_ == "identity", list(allowed)
                )
            for type_name in types or tuple(home.types):
                home.types[type_name].fields[reference_name] = FieldUse(
                    reference_name, required, read_only, list(allowed)
                )

    def _inherited(self, process: str) -> Process:
        found = self.process(process)
        if found.parent_id is None:
            raise ValueError(f"{found.name} is a system process and cannot be changed: add an inherited one")
        return found

    # projects, trees, teams

    def add_project(self, name: str, process: str = "Agile", *, description: str = "") -> str:
        """A project with its roots and its default team; returns its GUID."""
        with self.writing():
            project_id = self.guid("project", name)
            roots = [self._node(name, tree, project_id, None).id for tree in ("iteration", "area")]
            self.projects[project_id] = Project(
                project_id,
                name,
                self.process(process).id,
                area_root=roots[1],
                iteration_root=roots[0],
                updated=self.clock.now_ms(),
                description=description,
            )
            team = self._team(f"{name} Team", project_id, "The default project team.")
            team.areas, team.default_area = {roots[1]: False}, roots[1]
            return project_id

    def rename_project(self, old: str, new: str) -> None:
        """Rename a project: its paths change everywhere at once, no item gets a revision."""
        with self.writing():
            project = self.project(old)
            project.name, project.updated = new, self.clock.now_ms()
            project.revision += 1
            for root in (project.area_root, project.iteration_root):
                self.nodes[root].name = new
            self.forget_paths()

    def remove_project(self, name: str) -> None:
        """Delete a project with all that is in it."""
        with self.writing():
            project = self.project(name)
            for item in [i for i in self.items.values() if i.state["System.TeamProject"] == project.id]:
                for revision in item.revisions:
                    self.log[revision.watermark - 1] = (0, 0)
                del self.items[item.id]
            del self.projects[project.id]

    def add_area(self, project: str, path: str) -> int:
        r"""An area (`Retail\Checkout`) and what lacks above it; returns its id."""
        return self._grow(project, "area", path).id

    def add_iteration(
        self, project: str, path: str, start: date | str | None = None, finish: date | str | None = None
    ) -> int:
        """An iteration and what lacks above it; returns its id. Without dates it is undated."""
        with self.writing():
            node = self._grow(project, "iteration", path)
            node.start = None if start is None else str(start)[:10]
            node.finish = None if finish is None else str(finish)[:10]
            return node.id

    def edit_iteration(
        self, project: str, path: str, start: date | str | None, finish: date | str | None
    ) -> None:
        """Set or clear the dates of an iteration; no item gets a revision."""
        with self.writing():
            node = self._existing(project, "iteration", path)
            node.start = None if start is None else str(start)[:10]
            node.finish = None if finish is None else str(finish)[:10]

    def rename_area(self, project: str, path: str, name: str) -> None:
        """Rename an area: the paths of its items change, no item gets a revision."""
        self._rename(self._existing(project, "area", path), name)

    def rename_iteration(self, project: str, path: str, name: str) -> None:
        """Rename an iteration: the paths of its items change, no item gets a revision."""
        self._rename(self._existing(project, "iteration", path), name)

    def move_iteration(self, project: str, path: str, new_parent: str) -> None:
        """Move an iteration below another. It loses its dates, as recorded, and no item gets a revision."""
        with self.writing():
            node = self._existing(project, "iteration", path)
            self.hang(node, self._existing(project, "iteration", new_parent))

    def move_area(self, project: str, path: str, new_parent: str) -> None:
        """Move an area below another; no item gets a revision."""
        with self.writing():
            self.hang(self._existing(project, "area", path), self._existing(project, "area", new_parent))

    def hang(self, node: Node, parent: Node) -> None:
        """Put a node below another; an iteration loses its dates (recorded in test_boards_iterations)."""
        if node.parent is not None:
            self.nodes[node.parent].children.remove(node.id)
        node.parent = parent.id
        parent.children.append(node.id)
        node.start = node.finish = None
        self.forget_paths()

    def add_team(
        self,
        project: str,
        name: str,
        *,
        areas: Sequence[str] = (),
        iterations: Sequence[str] = (),
        members: Sequence[str] = (),
        include_children: bool = True,
    ) -> str:
        """A team with its areas, iterations and members; returns its id."""
        with self.writing():
            home = self.project(project)
            team = self._team(name, home.id, "")
            for path in areas:
                team.areas[self._existing(project, "area", path).id] = include_children
            team.default_area = next(iter(team.areas), None)
            team.iterations = [self._existing(project, "iteration", path).id for path in iterations]
            team.members = [self.person(email).descriptor for email in members]
            return team.id

    def new_node(self, name: str, parent: Node) -> Node:
        """A node below another."""
        with self.writing():
            return self._node(name, parent.tree, parent.project_id, parent)

    def _team(self, name: str, project_id: str, description: str) -> Team:
        team = Team(self.guid("team", f"{project_id}/{name}"), name, project_id, description)
        self.teams[team.id] = team
        return team

    def _node(self, name: str, tree: Tree, project_id: str, parent: Node | None) -> Node:
        number = self.next_id("node", 5)
        node = Node(number, self.guid("node", str(number)), name, tree, project_id)
        if parent is not None:
            node.parent = parent.id
            parent.children.append(number)
        self.nodes[number] = node
        return node

    def _grow(self, project: str, tree: Tree, path: str) -> Node:
        home = self.project(project)
        names = [part for part in path.replace("/", "\\").split("\\") if part]
        if names and names[0].casefold() == home.name.casefold():
            names = names[1:]
        node = self.root(home, tree)
        for name in names:
            node = self.below(node, [name]) or self.new_node(name, node)
        return node

    def _existing(self, project: str, tree: Tree, path: str) -> Node:
        found = self.find_node(self.project(project), tree, path)
        if found is None:
            raise KeyError(f"no {tree} {path!r} in project {project!r}")
        return found

    def _rename(self, node: Node, name: str) -> None:
        with self.writing():
            node.name = name
            self.forget_paths()

    def types_named(self, project: Project, name: str) -> WorkType:
        """A type of a project, or KeyError."""
        kinds = self.types_of(project)
        if name not in kinds:
            raise KeyError(f"no type {name!r} in project {project.name!r}; known: {', '.join(kinds)}")
        return kinds[name]
