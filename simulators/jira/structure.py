"""The part of the builder that makes what issues hang on: people, projects, versions, sprints, fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from simulators.jira import catalogue
from simulators.jira.editing import Editing
from simulators.jira.model import Board, FieldDef, IssueType, Project, Sprint, Status, User, Version


class Structure(Editing):
    """A site whose people, projects and fields can be made and changed."""

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the site for one change."""
        with self.lock:
            self.revision += 1
            yield

    def project(self, key: str) -> Project:
        """A project by key, or KeyError."""
        found = self.find_project(key)
        if found is None:
            raise KeyError(f"no project {key!r} on this site")
        return found

    def board(self, board: int | str | Board) -> Board:
        """A board by itself, by id, or the first of a project."""
        if isinstance(board, Board):
            return board
        if isinstance(board, int):
            return self.boards[board]
        home = self.project(board)
        return next(b for b in self.boards.values() if b.project_id == home.id)

    def status_named(self, name: str) -> Status:
        """A status by name, or KeyError."""
        wanted = name.casefold()
        for status in self.statuses.values():
            if status.name.casefold() == wanted:
                return status
        raise KeyError(f"no status {name!r} on this site")

    # people

    def add_user(
        self,
        account_id: str,
        name: str,
        email: str | None = None,
        active: bool = True,
        kind: str = "atlassian",
        time_zone: str = "Etc/UTC",
    ) -> User:
        """Add an account, or replace the one with that id."""
        with self.writing():
            self.users[account_id] = User(account_id, name, email, active, kind, time_zone)
            return self.users[account_id]

    def edit_user(self, account_id: str, **changes: Any) -> User:
        """Change `name`, `email`, `active`, `kind` or `time_zone`; no issue's `updated` moves."""
        with self.writing():
            for name, value in changes.items():
                setattr(self.users[account_id], name, value)
            self.forget_rendered()
            return self.users[account_id]

    def remove_user(self, account_id: str) -> None:
        """Delete the account: its id stays in fields and histories, a placeholder takes its name."""
        self.edit_user(account_id, removed=True, active=False, email=None)

    # projects and what hangs on them

    def add_project(
        self, key: str, name: str, lead: str | None = None, *, public: bool = False, style: str = "classic"
    ) -> Project:
        """Add a project with one scrum board; `public` ones are seen by anonymous callers."""
        with self.writing():
            project = Project(
                self.next_id("project", 10_000), key.upper(), name, lead, public=public, style=style
            )
            self.projects[project.id] = project
            self.project_keys[project.key] = project.id
            board = Board(self.next_id("board", 1), project.id, f"{project.key} board")
            self.boards[board.id] = board
            return project

    def edit_project(self, key: str, **changes: Any) -> Project:
        """Change `name`, `lead`, `state` (live, archived, deleted), `denied` or `public`."""
        with self.writing():
            project = self.project(key)
            for name, value in changes.items():
                setattr(project, name, value)
            self.forget_rendered()
            return project

    def rename_project(self, key: str, new_key: str) -> Project:
        """Give a project another key: all its issues get new keys, the old ones still lead to them."""
        with self.writing():
            project = self.project(key)
            project.key = new_key.upper()
            self.project_keys[project.key] = project.id
            for issue in self.issues.values():
                if issue.project_id == project.id:
                    self.keys[self.key_of(issue)] = issue.id
            self.forget_rendered()
            return project

    def add_board(self, project: str, name: str, kind: str = "scrum") -> Board:
        """Add a board; a kanban board refuses the question for its sprints."""
        with self.writing():
            board = Board(self.next_id("board", 1), self.project(project).id, name, kind)
            self.boards[board.id] = board
            return board

    def add_version(
        self,
        project: str,
        name: str,
        *,
        start: date | str | None = None,
        release: date | str | None = None,
        released: bool = False,
        archived: bool = False,
        description: str = "",
    ) -> Version:
        """Add a version to a project."""
        with self.writing():
            version = Version(
                id=self.next_id("version", 10_000),
                project_id=self.project(project).id,
                name=name,
                start=_day(start),
                release=_day(release),
                released=released,
                archived=archived,
                description=description,
            )
            self.versions[version.id] = version
            return version

    def edit_version(self, version_id: int, **changes: Any) -> Version:
        """Change a version; no issue's `updated` moves."""
        with self.writing():
            version = self.versions[version_id]
            for name, value in changes.items():
                setattr(version, name, _day(value) if name in {"start", "release"} else value)
            self.forget_rendered()
            return version

    def delete_version(self, version_id: int) -> None:
        """Delete a version and take it off its issues, without history."""
        with self.writing():
            del self.versions[version_id]
            for issue in self.issues.values():
                for name in ("fixVersions", "versions"):
                    if version_id in (issue.fields.get(name) or ()):
                        issue.fields[name] = [v for v in issue.fields[name] if v != version_id]
            self.forget_rendered()

    def add_sprint(
        self,
        board: int | str | Board,
        name: str,
        state: str = "future",
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        complete: datetime | None = None,
        goal: str = "",
    ) -> Sprint:
        """Add a sprint to a board, or to the first board of a project."""
        with self.writing():
            sprint = Sprint(
                id=self.next_id("sprint", 1),
                board_id=self.board(board).id,
                name=name,
                state=state,
                start=self.when(start) if start else None,
                end=self.when(end) if end else None,
                complete=self.when(complete) if complete else None,
                created=self.clock.now_ms(),
                goal=goal,
            )
            self.sprints[sprint.id] = sprint
            return sprint

    def edit_sprint(self, sprint_id: int, **changes: Any) -> Sprint:
        """Change a sprint (start, close, rename); no issue's `updated` moves."""
        with self.writing():
            sprint = self.sprints[sprint_id]
            for name, value in changes.items():
                setattr(sprint, name, self.when(value) if isinstance(value, datetime) else value)
            self.forget_rendered()
            return sprint

    def add_field(
        self,
        name: str,
        custom_type: str,
        *,
        options: Sequence[str] = (),
        on_screen: bool = True,
        project: str | None = None,
    ) -> str:
        """Add a custom field and return its id; `custom_type` is a full or short type key.

        `on_screen=False` keeps it off the edit screen, so that a PUT of it is refused; `project` makes it a
        field of that team-managed project only.
        """
        with self.writing():
            type_key = catalogue.custom_type(custom_type)
            type_, items = catalogue.CUSTOM_TYPES[type_key]
            number = self.next_id("field", catalogue.FIRST_CUSTOM_FIELD)
            field = FieldDef(
                id=f"customfield_{number}",
                name=name,
                type=type_,
                items=items,
                custom=type_key,
                clauses=[f"cf[{number}]", name],
                options={str(self.next_id("option", 10_100)): option for option in options},
                on_screen=on_screen,
                project_id=self.project(project).id if project else None,
            )
            self.field_defs[field.id] = field
            self.forget_rendered()
            return field.id

    def edit_field(self, field_id: str, **changes: Any) -> FieldDef:
        """Change a field's definition: `name`, `on_screen`, `custom`, `type`."""
        with self.writing():
            for name, value in changes.items():
                setattr(self.field_defs[field_id], name, value)
            self.forget_rendered()
            return self.field_defs[field_id]

    def remove_field(self, field_id: str) -> None:
        """Delete a custom field with its values."""
        with self.writing():
            del self.field_defs[field_id]
            for issue in self.issues.values():
                issue.fields.pop(field_id, None)
            self.forget_rendered()

    def add_status(self, name: str, category: str) -> Status:
        """Add a status; `category` is new, indeterminate or done."""
        with self.writing():
            status = Status(str(self.next_id("status", 10_100)), name, category)
            self.statuses[status.id] = status
            return status

    def add_issue_type(self, name: str, level: int, *, project: str | None = None) -> IssueType:
        """Add an issue type; names may repeat, team-managed projects bring their own."""
        with self.writing():
            scope = self.project(project).id if project else None
            kind = IssueType(str(self.next_id("type", 10_100)), name, level, scope)
            self.types[kind.id] = kind
            return kind


def _day(value: object) -> str | None:
    if value is None:
        return None
    return value.isoformat()[:10] if isinstance(value, date) else str(value)
