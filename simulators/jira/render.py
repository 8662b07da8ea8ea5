"""Site data as the JSON that a calling user sees: in their zone, in version 2 or 3, with site or gateway URLs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from simulators.clock import from_ms
from simulators.jira import adf
from simulators.jira.catalogue import CATEGORIES, EPIC_LINK_TYPE, SPRINT_TYPE
from simulators.jira.model import Comment, FieldDef, History, Issue, IssueType, Json, Project, Sprint, User, Version
from simulators.jira.values import is_rich

if TYPE_CHECKING:
    from simulators.jira.editing import Editing

SITE_URL = "https://demo.atlassian.net"
EMBEDDED_HISTORIES = 40  # an embedded changelog is cut: facts/jira.md §1.2
EMBEDDED_COMMENTS = 20


class Renderer:
    """Renders for one caller; cheap to make."""

    def __init__(
        self,
        site: Editing,
        caller: User | None,
        *,
        version: int = 3,
        base: str = SITE_URL,
        emails: bool = False,
        histories: int = EMBEDDED_HISTORIES,
    ) -> None:
        self._site = site
        self._caller = caller
        self._version = version
        self._base = base
        self._rest = f"{base}/rest/api/{version}"
        self._emails = emails
        self._histories = histories
        self._zone = ZoneInfo(caller.time_zone if caller else "Etc/UTC")
        self._users: dict[str, dict[str, Json]] = {}

    def instant(self, ms: int | None) -> str | None:
        """`2024-07-29T08:29:23.287-0500`, in the caller's zone."""
        return None if ms is None else _instant(ms, self._zone)

    def user(self, account_id: str | None) -> dict[str, Json] | None:
        """An account; a deleted one is a placeholder, a lost one is `unknown`."""
        if account_id is None:
            return None
        if account_id not in self._users:
            self._users[account_id] = self._user(account_id)
        return self._users[account_id]

    def _user(self, account_id: str) -> dict[str, Json]:
        user = self._site.users.get(account_id)
        if user is None:
            return {
                "self": f"{self._rest}/user?accountId=unknown",
                "accountId": "unknown",
                "displayName": "Former user",
                "active": False,
                "accountType": "unknown",
            }
        number = quote(user.account_id, safe="")
        shown: dict[str, Json] = {
            "self": f"{self._rest}/user?accountId={number}",
            "accountId": user.account_id,
            "avatarUrls": _avatars(f"{self._base}/avatars/{number}"),
            "displayName": "Former user" if user.removed else user.name,
            "active": user.active,
            "timeZone": user.time_zone,
            "accountType": user.kind,
        }
        if user.email and (self._emails or (self._caller is not None and user is self._caller)):
            shown["emailAddress"] = user.email
        return shown

    def project(self, project: Project) -> dict[str, Json]:
        """A project as issues embed it."""
        return {
            "self": f"{self._rest}/project/{project.id}",
            "id": str(project.id),
            "key": project.key,
            "name": project.name,
            "projectTypeKey": project.type_key,
            "simplified": project.style == "next-gen",
            "avatarUrls": _avatars(f"{self._base}/projectavatar/{project.id}"),
        }

    def status(self, status_id: str) -> dict[str, Json]:
        """A status with its category."""
        status = self._site.statuses[status_id]
        return {
            "self": f"{self._rest}/status/{status.id}",
            "description": "",
            "iconUrl": f"{self._base}/images/icons/statuses/generic.png",
            "name": status.name,
            "id": status.id,
            "statusCategory": self.category(status.category),
        }

    def category(self, key: str) -> dict[str, Json]:
        """A status category."""
        number, name, colour = CATEGORIES[key]
        return {
            "self": f"{self._rest}/statuscategory/{number}",
            "id": number,
            "key": key,
            "colorName": colour,
            "name": name,
        }

    def issue_type(self, kind: IssueType) -> dict[str, Json]:
        """An issue type with its hierarchy level."""
        shown: dict[str, Json] = {
            "self": f"{self._rest}/issuetype/{kind.id}",
            "id": kind.id,
            "description": "",
            "iconUrl": f"{self._base}/images/icons/issuetypes/{kind.id}.png",
            "name": kind.name,
            "subtask": kind.level < 0,
            "avatarId": 10_300,
            "hierarchyLevel": kind.level,
        }
        if kind.project_id is not None:
            shown["scope"] = self.scope(kind.project_id)
        return shown

    def scope(self, project_id: int) -> dict[str, Json]:
        """The scope of something that belongs to one team-managed project."""
        return {"type": "PROJECT", "project": {"id": str(project_id)}}

    def priority(self, number: str | None) -> dict[str, Json] | None:
        """A priority."""
        if number is None:
            return None
        icon = f"{self._base}/images/icons/priorities/{number}.svg"
        name = self._site.priorities[number].name
        return {"self": f"{self._rest}/priority/{number}", "iconUrl": icon, "name": name, "id": number}

    def version(self, version: Version) -> dict[str, Json]:
        """A release; unset dates are absent, as the tracker leaves them out."""
        shown: dict[str, Json] = {
            "self": f"{self._rest}/version/{version.id}",
            "id": str(version.id),
            "description": version.description,
            "name": version.name,
            "archived": version.archived,
            "released": version.released,
        }
        if version.start:
            shown["startDate"] = version.start
        if version.release:
            shown["releaseDate"] = version.release
        return shown

    def sprint(self, sprint: Sprint) -> dict[str, Json]:
        """A sprint as the value of the sprint field shows it."""
        shown: dict[str, Json] = {
            "id": sprint.id,
            "name": sprint.name,
            "state": sprint.state,
            "boardId": sprint.board_id,
            "goal": sprint.goal,
        }
        for name, ms in (("startDate", sprint.start), ("endDate", sprint.end), ("completeDate", sprint.complete)):
            if ms is not None:
                shown[name] = _utc(ms)
        return shown

    def history(self, entry: History, *, embedded: bool = True) -> dict[str, Json]:
        """A history entry with its author.

        Embedded ones also carry the account ids a user field had, which the description does not list.
        """
        items = entry.items if not embedded else [_with_accounts(item) for item in entry.items]
        return {
            "id": str(entry.id),
            "author": self.user(entry.author),
            "created": self.instant(entry.created),
            "items": items,
        }

    def comment(self, issue: Issue, comment: Comment, expand: Collection[str] = ()) -> dict[str, Json]:
        """A comment; its properties only when asked for."""
        shown: dict[str, Json] = {
            "self": f"{self._rest}/issue/{issue.id}/comment/{comment.id}",
            "id": str(comment.id),
            "author": self.user(comment.author),
            "body": self._rich(comment.body),
            "updateAuthor": self.user(comment.update_author),
            "created": self.instant(comment.created),
            "updated": self.instant(comment.updated),
            "jsdPublic": True,
        }
        if comment.visibility:
            shown["visibility"] = comment.visibility
        if "renderedBody" in expand:
            shown["renderedBody"] = f"<p>{adf.text_of(comment.body)}</p>"
        if "properties" in expand:
            shown["properties"] = [{"key": k, "value": v} for k, v in comment.properties.items()]
        return shown

    def issue(
        self, issue: Issue, fields: Iterable[str] = ("*all",), expand: Collection[str] = (), properties: Collection[str] = ()
    ) -> dict[str, Json]:
        """An issue with the chosen fields."""
        shown: dict[str, Json] = {
            "expand": "operations,versionedRepresentations,editmeta,changelog,renderedFields",
            "id": str(issue.id),
            "self": f"{self._rest}/issue/{issue.id}",
            "key": self._site.key_of(issue),
        }
        chosen = self.chosen(fields)
        if chosen:
            shown["fields"] = {f.id: self.value(issue, f) for f in chosen if self._has(issue, f)}
        if "changelog" in expand:
            newest = issue.histories[::-1][: self._histories]
            shown["changelog"] = {
                "startAt": 0,
                "maxResults": len(newest),
                "total": len(issue.histories),
                "histories": [self.history(entry) for entry in newest],
            }
        if "names" in expand:
            shown["names"] = {f.id: f.name for f in chosen}
        if "schema" in expand:
            shown["schema"] = {f.id: schema(f) for f in chosen}
        if "renderedFields" in expand:
            shown["renderedFields"] = {f.id: adf.text_of(issue.fields.get(f.id)) for f in chosen if is_rich(f)}
        if properties:
            shown["properties"] = {k: v for k, v in issue.properties.items() if k in properties or "*all" in properties}
        return shown

    def chosen(self, fields: Iterable[str]) -> list[FieldDef]:
        """The fields that a `fields` parameter selects: ids, `*all`, `*navigable`, `-without`."""
        known = [f for f in self._site.field_defs.values() if f.id not in {"issuekey", "statusCategory"}]
        wanted = [name.strip() for name in fields]
        without = {name[1:] for name in wanted if name.startswith("-")}
        if "*all" in wanted:
            base = known
        elif "*navigable" in wanted or (wanted and len(without) == len(wanted)):
            base = [f for f in known if f.navigable]
        else:
            base = []
        named = set(wanted)
        return [f for f in known if (f in base or f.id in named) and f.id not in without]

    def _has(self, issue: Issue, field: FieldDef) -> bool:
        # Fields that are not in use in a project are absent: a scoped field elsewhere, a parent of a top item.
        if field.id == "parent":
            return bool(issue.fields.get("parent"))
        return field.project_id is None or field.project_id == issue.project_id

    def value(self, issue: Issue, field: FieldDef) -> Json:
        """The wire value of one field."""
        match field.id:
            case "issuetype":
                return self.issue_type(self._site.types[issue.type_id])
            case "project":
                return self.project(self._site.projects[issue.project_id])
            case "status":
                return self.status(issue.status_id)
            case "created":
                return self.instant(issue.created)
            case "updated":
                return self.instant(issue.updated)
            case "statuscategorychangedate":
                return self.instant(issue.status_changed)
            case "creator":
                return self.user(issue.creator)
            case "subtasks":
                return self._subtasks(issue)
            case "issuelinks":
                return [self._link(issue, number) for number in self._site.issue_links.get(issue.id, ())]
            case "comment":
                return self._embedded_comments(issue)
            case "parent":
                return self._stub(issue.fields["parent"])
        if field.custom == EPIC_LINK_TYPE:
            return self._epic_key(issue)
        return self._plain(field, issue.fields.get(field.id))

    def _plain(self, field: FieldDef, value: Json) -> Json:
        if field.custom == SPRINT_TYPE:
            return [self.sprint(self._site.sprints[s]) for s in value] if value else None
        if field.type == "array":
            return self._array(field, value or [])
        if value is None:
            return None
        match field.type:
            case "user":
                return self.user(value)
            case "priority":
                return self.priority(value)
            case "option":
                return self._option(field, value)
            case "resolution":
                name = self._site.resolutions[value].name
                return {"self": f"{self._rest}/resolution/{value}", "id": value, "description": "", "name": name}
            case "datetime":
                return self.instant(value)
            case "number":
                return float(value)
            case "team":
                return {"id": value, "name": value, "title": value, "isShared": True}
        return self._rich(value) if is_rich(field) else value

    def _array(self, field: FieldDef, value: list[Json]) -> Json:
        match field.items:
            case "version":
                return [self.version(self._site.versions[v]) for v in value]
            case "option":
                return [self._option(field, v) for v in value] or None
            case "user":
                return [self.user(v) for v in value] or None
            case "component":
                return [{"self": f"{self._rest}/component/{v}", "id": v, "name": v} for v in value]
        return value

    def _option(self, field: FieldDef, number: str) -> dict[str, Json]:
        return {"self": f"{self._rest}/customFieldOption/{number}", "value": field.options[number], "id": number}

    def _rich(self, body: Json) -> Json:
        if body is None:
            return None
        if self._version == 2:
            return adf.text_of(body)
        return adf.from_text(body) if isinstance(body, str) else body

    def _embedded_comments(self, issue: Issue) -> dict[str, Json]:
        newest = issue.comments[-EMBEDDED_COMMENTS:]
        return {
            "comments": [self.comment(issue, comment) for comment in newest],
            "self": f"{self._rest}/issue/{issue.id}/comment",
            "maxResults": len(newest),
            "total": len(issue.comments),
            "startAt": 0,
        }

    def _stub(self, issue_id: int) -> dict[str, Json]:
        """Another issue as it is embedded: never more than four fields."""
        issue = self._site.issues[issue_id]
        return {
            "id": str(issue.id),
            "key": self._site.key_of(issue),
            "self": f"{self._rest}/issue/{issue.id}",
            "fields": {
                "summary": issue.fields.get("summary"),
                "status": self.status(issue.status_id),
                "priority": self.priority(issue.fields.get("priority")),
                "issuetype": self.issue_type(self._site.types[issue.type_id]),
            },
        }

    def _subtasks(self, issue: Issue) -> list[dict[str, Json]]:
        children = (self._site.issues[number] for number in self._site.children.get(issue.id, ()))
        return [self._stub(child.id) for child in children if self._site.types[child.type_id].level < 0]

    def _link(self, issue: Issue, number: int) -> dict[str, Json]:
        link = self._site.links[number]
        kind = self._site.link_types[link.type_id]
        outward = link.source == issue.id
        return {
            "id": str(link.id),
            "self": f"{self._rest}/issueLink/{link.id}",
            "type": {
                "id": kind.id,
                "name": kind.name,
                "inward": kind.inward,
                "outward": kind.outward,
                "self": f"{self._rest}/issueLinkType/{kind.id}",
            },
            # Exactly one side, though the description calls both required (facts/jira.md §1.5).
            "outwardIssue" if outward else "inwardIssue": self._stub(link.destination if outward else link.source),
        }

    def _epic_key(self, issue: Issue) -> str | None:
        parent = self._site.issues.get(issue.fields.get("parent") or 0)
        if parent is None or self._site.types[parent.type_id].level != 1:
            return None
        return self._site.key_of(parent)


def schema(field: FieldDef) -> dict[str, Json]:
    """The type description of a field."""
    shown: dict[str, Json] = {"type": field.type or "any"}
    if field.items:
        shown["items"] = field.items
    if field.custom:
        shown |= {"custom": field.custom, "customId": int(field.id.rpartition("_")[2])}
    else:
        shown["system"] = field.id
    return shown


def _with_accounts(item: dict[str, Any]) -> dict[str, Any]:
    if item.get("fieldId") not in {"assignee", "reporter"}:
        return item
    return item | {"tmpFromAccountId": item["from"], "tmpToAccountId": item["to"]}


def _avatars(base: str) -> dict[str, str]:
    return {f"{size}x{size}": f"{base}?size={size}" for size in (48, 24, 16, 32)}


@lru_cache(maxsize=200_000)
def _instant(ms: int, zone: ZoneInfo) -> str:
    at = from_ms(ms).astimezone(zone)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}{at:%z}"


def _utc(ms: int) -> str:
    at = from_ms(ms)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"
