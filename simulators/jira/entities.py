"""People, projects, sprints, comments, histories as a caller sees them: in their zone, in version 2 or 3."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from simulators.clock import from_ms
from simulators.jira import adf
from simulators.jira.catalogue import CATEGORIES
from simulators.jira.model import Comment, History, Issue, IssueType, Json, Project, Sprint, User, Version

if TYPE_CHECKING:
    from simulators.jira.editing import Editing

SITE_URL = "https://demo.atlassian.net"
EMBEDDED_HISTORIES = 40  # an embedded changelog is cut: facts/jira.md §1.2


class EntityRenderer:
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

    def utc(self, ms: int) -> str:
        """`2024-07-29T13:29:23.287Z`: sprints are told in UTC, whoever asks."""
        return _utc(ms)

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
        for name, ms in (
            ("startDate", sprint.start),
            ("endDate", sprint.end),
            ("completeDate", sprint.complete),
        ):
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
            "body": self.rich(comment.body),
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

    def rich(self, body: Json) -> Json:
        """A body as this version shows it: a document in 3, text in 2."""
        if body is None:
            return None
        if self._version == 2:
            return adf.text_of(body)
        return adf.from_text(body) if isinstance(body, str) else body


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
