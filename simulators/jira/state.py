"""The whole of a site as data, with the look-ups that queries, edits and answers share; read-only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from simulators.clock import Clock
from simulators.jira import catalogue
from simulators.jira.model import (
    Board,
    Comment,
    FieldDef,
    History,
    Issue,
    IssueType,
    Json,
    Link,
    LinkType,
    Named,
    Project,
    RemoteLink,
    Sprint,
    Status,
    User,
    Version,
)

_COLLECTIONS: dict[str, type[Any]] = {
    "users": User,
    "projects": Project,
    "versions": Version,
    "boards": Board,
    "sprints": Sprint,
    "field_defs": FieldDef,
    "statuses": Status,
    "types": IssueType,
    "priorities": Named,
    "resolutions": Named,
    "link_types": LinkType,
    "links": Link,
}
DUMP_FORMAT = 1


class State:
    """Users, projects, issues and the rest of a site, by their ids."""

    def __init__(self, clock: Clock | None = None, seed: int = 1) -> None:
        self.clock = clock or Clock()
        self.seed = seed
        self.lock = threading.RLock()
        self.revision = 0  # counts every change of anything; caches hang on it
        self.users: dict[str, User] = {}
        self.projects: dict[int, Project] = {}
        self.versions: dict[int, Version] = {}
        self.boards: dict[int, Board] = {}
        self.sprints: dict[int, Sprint] = {}
        self.field_defs: dict[str, FieldDef] = {f.id: f for f in catalogue.fields()}
        self.statuses: dict[str, Status] = {s.id: s for s in catalogue.statuses()}
        self.types: dict[str, IssueType] = {t.id: t for t in catalogue.issue_types()}
        self.priorities: dict[str, Named] = {p.id: p for p in catalogue.priorities()}
        self.resolutions: dict[str, Named] = {r.id: r for r in catalogue.resolutions()}
        self.link_types: dict[str, LinkType] = {t.id: t for t in catalogue.link_types()}
        self.links: dict[int, Link] = {}
        self.issues: dict[int, Issue] = {}
        self.keys: dict[str, int] = {}  # current and former keys → issue id
        self.project_keys: dict[str, int] = {}  # current and former project keys
        self.issue_links: dict[int, list[int]] = {}  # issue id → link ids
        self.children: dict[int, list[int]] = {}
        self.mails: list[tuple[str, str]] = []
        self.counters: dict[str, int] = {}

    def next_id(self, kind: str, first: int) -> int:
        """The next number of a kind; numbers are never used twice."""
        self.counters[kind] = self.counters.get(kind, first - 1) + 1
        return self.counters[kind]

    # people, projects, issues

    def find_project(self, text: str | int) -> Project | None:
        """By id, key (current or former, any case) or name."""
        if isinstance(text, int) or text.isdigit():
            return self.projects.get(int(text))
        number = self.project_keys.get(text.upper())
        if number is not None:
            return self.projects[number]
        return next((p for p in self.projects.values() if p.name.casefold() == text.casefold()), None)

    def find_issue(self, text: str | int) -> Issue | None:
        """By id or by key, current or former, any case."""
        if isinstance(text, int) or text.isdigit():
            return self.issues.get(int(text))
        number = self.keys.get(text.upper())
        if number is None and "-" in text:  # the key of a renamed project
            prefix, _, rest = text.upper().rpartition("-")
            project = self.find_project(prefix)
            number = self.keys.get(f"{project.key}-{rest}") if project else None
        return None if number is None else self.issues.get(number)

    def key_of(self, issue: Issue) -> str:
        """The key that people see now."""
        return f"{self.projects[issue.project_id].key}-{issue.number}"

    def find_user(self, text: str) -> User | None:
        """By account id, e-mail or display name."""
        if text in self.users:
            return self.users[text]
        wanted = text.casefold()
        return next(
            (u for u in self.users.values() if wanted in {(u.email or "").casefold(), u.name.casefold()}),
            None,
        )

    def find_sprint(self, text: str | int) -> Sprint | None:
        """By id or name."""
        if isinstance(text, int) or text.isdigit():
            return self.sprints.get(int(text))
        return next((s for s in self.sprints.values() if s.name.casefold() == text.casefold()), None)

    def find_field(self, name: str) -> FieldDef | None:
        """By id, else by name in any case; of several with one name the first."""
        if name in self.field_defs:
            return self.field_defs[name]
        wanted = name.casefold()
        return next((f for f in self.field_defs.values() if f.name.casefold() == wanted), None) or next(
            (f for f in self.field_defs.values() if wanted in (c.casefold() for c in f.clauses)), None
        )

    def clause_field(self, name: str) -> FieldDef | None:
        """The field that a JQL clause names."""
        wanted = name.casefold()
        for found in self.field_defs.values():
            if any(wanted == clause.casefold() for clause in found.clauses):
                return found
        return None

    def sprint_field(self) -> FieldDef:
        """The site's sprint field, whatever its id."""
        return next(f for f in self.field_defs.values() if f.custom == catalogue.SPRINT_TYPE)

    def readable(self, issue: Issue, caller: User | None) -> bool:
        """May this caller see the issue at all?"""
        project = self.projects[issue.project_id]
        if project.state == "deleted" or issue.hidden:
            return False
        return project.public if caller is None else not project.denied

    def searchable(self, issue: Issue, caller: User | None) -> bool:
        """Does the issue turn up in searches: readable, and neither it nor its project archived?"""
        return (
            self.readable(issue, caller)
            and not issue.archived
            and self.projects[issue.project_id].state == "live"
        )

    # what queries compare

    def terms(self, found: FieldDef) -> Callable[[Issue], Iterable[Any]]:
        """How to read the comparable values of a field; empty means the issue has none."""
        match found.id:
            case "issuekey":
                return lambda issue: (issue.id,)
            case "project":
                return lambda issue: (issue.project_id,)
            case "status":
                return lambda issue: (issue.status_id,)
            case "statusCategory":
                return lambda issue: (self.statuses[issue.status_id].category,)
            case "issuetype":
                return lambda issue: (issue.type_id,)
            case "creator":
                return lambda issue: (issue.creator,)
            case "comment":
                return lambda issue: [comment.id for comment in issue.comments]
            case "issueLink" | "issuelinks":
                return lambda issue: self.issue_links.get(issue.id, ())
            case "labels":
                return lambda issue: [label.casefold() for label in issue.fields.get("labels") or ()]
        read = self.raw(found)

        def values(issue: Issue) -> Iterable[Any]:
            value = read(issue)
            if value is None or value == "":
                return ()
            return value if isinstance(value, list) else (value,)

        return values

    def raw(self, found: FieldDef) -> Callable[[Issue], Any]:
        """How to read a field's canonical value."""
        match found.id:
            case "created":
                return lambda issue: issue.created
            case "updated":
                return lambda issue: issue.updated
            case "statuscategorychangedate":
                return lambda issue: issue.status_changed
        return lambda issue: issue.fields.get(found.id)

    def order(self, found: FieldDef) -> Callable[[Issue], Any]:
        """How to read what a field sorts by."""
        match found.id:
            case "project":
                return lambda issue: self.projects[issue.project_id].key
            case "status":
                return lambda issue: list(self.statuses).index(issue.status_id)
            case "priority":
                return lambda issue: int(issue.fields.get("priority") or 0)
            case "issuetype":
                return lambda issue: self.types[issue.type_id].name
        read = self.terms(found)
        return lambda issue: next((str(term) for term in read(issue)), None)

    def lookup(self, found: FieldDef, text: str) -> set[Any] | None:
        """The terms that a literal stands for in a field; None when there is no such value."""
        wanted = text.casefold()
        match found.id:
            case "project":
                project = self.find_project(text)
                hidden = project is None or project.denied or project.state == "deleted"
                return None if project is None or hidden else {project.id}
            case "statusCategory":
                return _found(
                    key
                    for key, (number, name, _) in catalogue.CATEGORIES.items()
                    if wanted in {key, name.casefold(), str(number)}
                )
            case "status" | "issuetype" | "priority" | "resolution":
                return _found(e.id for e in self._named(found.id) if wanted in {e.name.casefold(), e.id})
            case "assignee" | "reporter" | "creator":
                user = self.find_user(text)
                return {user.account_id} if user else {text}
            case "parent":
                issue = self.find_issue(text)
                return {issue.id} if issue else None
            case "fixVersions" | "versions":
                return _found(
                    v.id for v in self.versions.values() if wanted in {v.name.casefold(), str(v.id)}
                )
            case "labels":
                return {wanted}
        if found.custom == catalogue.SPRINT_TYPE:
            sprint = self.find_sprint(text)
            return {sprint.id} if sprint else None
        if found.options:
            return _found(key for key, value in found.options.items() if wanted in {key, value.casefold()})
        return {text}

    def _named(self, field_id: str) -> list[Any]:
        entries: dict[str, dict[str, Any]] = {
            "status": self.statuses,
            "issuetype": self.types,
            "priority": self.priorities,
            "resolution": self.resolutions,
        }
        return list(entries[field_id].values())

    # dump and restore

    def dump(self) -> dict[str, Json]:
        """The whole site as canonical JSON data: equal sites give equal dumps. Requests are no part of it."""
        with self.lock:
            data: dict[str, Json] = {
                name: [asdict(entry) for entry in getattr(self, name).values()] for name in _COLLECTIONS
            }
            # Lists keep the order that people see; accounts and links have none.
            data["users"] = [asdict(user) for user in _by_id(self.users)]
            data["links"] = [asdict(link) for link in _by_id(self.links)]
            data["issues"] = [asdict(issue) for issue in _by_id(self.issues)]
            data["keys"] = dict(sorted(self.keys.items()))
            data["project_keys"] = dict(sorted(self.project_keys.items()))
            data["mails"] = [list(mail) for mail in self.mails]
            data["counters"] = dict(sorted(self.counters.items()))
            data["clock"] = self.clock.now_ms()
            data["seed"] = self.seed
            data["format"] = DUMP_FORMAT
            return data

    def load(self, data: dict[str, Json]) -> None:
        """Become the site that a dump describes; the clock is the caller's to set."""
        if data.get("format") != DUMP_FORMAT:
            raise ValueError(f"this dump has format {data.get('format')}, not {DUMP_FORMAT}")
        for name, kind in _COLLECTIONS.items():
            entries = [kind(**entry) for entry in data[name]]
            key = "account_id" if kind is User else "id"
            setattr(self, name, {getattr(entry, key): entry for entry in entries})
        self.issues = {entry["id"]: _issue(entry) for entry in data["issues"]}
        self.keys = dict(data["keys"])
        self.project_keys = dict(data["project_keys"])
        self.mails = [(key, reason) for key, reason in data["mails"]]
        self.counters = dict(data["counters"])
        self.seed = data["seed"]
        self.issue_links, self.children = {}, {}
        for link in self.links.values():
            self.issue_links.setdefault(link.source, []).append(link.id)
            self.issue_links.setdefault(link.destination, []).append(link.id)
        for issue in self.issues.values():
            if issue.fields.get("parent"):
                self.children.setdefault(issue.fields["parent"], []).append(issue.id)
        self.revision += 1


def _found(ids: Iterable[Any]) -> set[Any] | None:
    return set(ids) or None


def _by_id(entries: dict[Any, Any]) -> list[Any]:
    return [entries[key] for key in sorted(entries)]


def _issue(entry: dict[str, Json]) -> Issue:
    issue = Issue(**entry)
    issue.histories = [History(**history) for history in entry["histories"]]
    issue.comments = [Comment(**comment) for comment in entry["comments"]]
    issue.remote_links = [RemoteLink(**link) for link in entry["remote_links"]]
    return issue
