"""The builder: a simulated Jira Cloud site that tests and demonstrations fill with people and work."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime
from typing import Self

from simulators.clock import Clock, from_ms
from simulators.jira.adf import text_of
from simulators.jira.model import BOT_EMAIL, Issue, Json
from simulators.jira.options import Options
from simulators.jira.remote_links import add_remote, drop_remote
from simulators.jira.render import Renderer
from simulators.jira.server import JiraServer
from simulators.jira.structure import Structure
from simulators.jira.values import coerce


class JiraCloud(Structure):
    """State and behaviour of one site, without a network until `serve`.

    Dates may be given as `date`, `datetime` or ISO text, people as account ids, everything else by name.
    Edits made here are people's: they leave history and move `updated`, but count no mail.

    Args:
        clock: the site's own clock; a standing one by default.
        seed: makes ids, the token and generated data repeatable.
        bot_time_zone: the profile zone of the account that `server.token` belongs to. It is far from UTC by
            default, because that is what finds time zone defects.
    """

    def __init__(
        self, clock: Clock | None = None, seed: int = 1, *, bot_time_zone: str = "America/Los_Angeles"
    ) -> None:
        super().__init__(clock, seed)
        self.requests: list[tuple[str, str, int]] = []  # (method, path template, status)
        generator = random.Random(seed)
        self.cloud_id = f"{generator.getrandbits(32):08x}-51a1-4c0d-9b1e-{generator.getrandbits(48):012x}"
        self.token = f"ATATT-simulated-{generator.getrandbits(96):024x}"
        self.bot = self._account_id(generator)
        self.add_user(self.bot, "Dovetail Bot", BOT_EMAIL, kind="app", time_zone=bot_time_zone)

    @staticmethod
    def _account_id(generator: random.Random) -> str:
        return f"712020:{generator.getrandbits(128):032x}"

    # issues

    def create_issue(
        self,
        project: str,
        issue_type: str,
        fields: Mapping[str, Json] | None = None,
        by: str | None = None,
        at: datetime | None = None,
    ) -> str:
        """Create an issue and return its key; `status` may be among the fields."""
        with self.writing():
            home = self.project(project)
            kind = coerce(self, self.field_defs["issuetype"], issue_type, home.id, lenient=True)
            given = dict(fields or {})
            status = self.status_named(given.pop("status", "To Do"))
            values = {"summary": f"{issue_type} of {home.key}", "priority": "Medium"} | given
            author = self.person(by or home.lead or self.bot)
            values.setdefault("reporter", author)
            moment = self.when(at)
            issue = Issue(
                id=self.next_id("issue", 10_000),
                project_id=home.id,
                number=home.next_number,
                type_id=kind,
                status_id=status.id,
                fields={f.id: v for f, v in self.canonical(values, home.id).items() if v not in (None, [])},
                creator=author,
                created=moment,
                updated=moment,
                status_changed=moment,
                watchers=[author],
            )
            if status.category == "done":
                issue.fields |= {"resolution": "10000", "resolutiondate": moment}
            rank = self.field_defs.get("customfield_10019")
            if rank is not None:
                issue.fields[rank.id] = f"0|i{issue.id:05x}:"
            home.next_number += 1
            self.remember(issue, is_new=True)
            self.issues[issue.id] = issue
            key = self.key_of(issue)
            self.keys[key] = issue.id
            if issue.fields.get("parent"):
                self.children.setdefault(issue.fields["parent"], []).append(issue.id)
            return key

    def edit_issue(
        self, key: str, fields: Mapping[str, Json], by: str | None = None, at: datetime | None = None
    ) -> None:
        """A person edits fields."""
        with self.writing():
            issue = self.issue_at(key)
            author = self.person(by or self._somebody(issue))
            self.change(issue, self.canonical(fields, issue.project_id), author, at)

    def transition(
        self, key: str, status_name: str, by: str | None = None, at: datetime | None = None
    ) -> None:
        """A person moves an issue to another status."""
        with self.writing():
            issue = self.issue_at(key)
            self.move_to(issue, self.status_named(status_name), self.person(by or self._somebody(issue)), at)

    def link(
        self, type_name: str, from_key: str, to_key: str, by: str | None = None, at: datetime | None = None
    ) -> int:
        """Link two issues ("Blocks": from blocks to) and return the link's id."""
        with self.writing():
            kind = next(t for t in self.link_types.values() if t.name.casefold() == type_name.casefold())
            source = self.issue_at(from_key)
            author = self.person(by or self._somebody(source))
            return self.add_link(kind, source, self.issue_at(to_key), author, at).id

    def unlink(self, link_id: int, by: str | None = None, at: datetime | None = None) -> None:
        """Remove a link."""
        with self.writing():
            self.drop_link(self.links[link_id], self.person(by or self.bot), at)

    def add_remote_link(
        self,
        key: str,
        url: str,
        title: str,
        *,
        relationship: str | None = None,
        application: str | None = None,
        by: str | None = None,
        at: datetime | None = None,
    ) -> int:
        """A person, or an application that has a name, links an issue to a page elsewhere; the link's id."""
        with self.writing():
            issue = self.issue_at(key)
            body: dict[str, Json] = {
                "globalId": None,
                "application": {"name": application} if application else {},
                "relationship": relationship,
                "object": {"url": url, "title": title},
            }
            return add_remote(self, issue, body, self.person(by or self._somebody(issue)), at).id

    def remove_remote_link(
        self, key: str, link_id: int, by: str | None = None, at: datetime | None = None
    ) -> None:
        """Remove a link to a page elsewhere."""
        with self.writing():
            issue = self.issue_at(key)
            link = next(one for one in issue.remote_links if one.id == link_id)
            drop_remote(self, issue, link, self.person(by or self._somebody(issue)), at)

    def delete_issue(self, key: str) -> None:
        """Delete an issue; it leaves no trace."""
        with self.writing():
            self.remove_issue(self.issue_at(key))

    def move_issue(self, key: str, project: str, by: str | None = None, at: datetime | None = None) -> str:
        """Move an issue to another project and return its new key; id stays, the old key leads to it."""
        with self.writing():
            issue, target = self.issue_at(key), self.project(project)
            return self.move_between(issue, target, self.person(by or self._somebody(issue)), at)

    def hide_issue(self, key: str, hidden: bool = True) -> None:
        """Put an issue under a security level the calling account is not on; to it, it looks deleted."""
        with self.writing():
            self.issue_at(key).hidden = hidden

    def archive_issue(self, key: str, archived: bool = True) -> None:
        """Archive an issue: searches stop to find it."""
        with self.writing():
            self.issue_at(key).archived = archived

    def add_comment(self, key: str, text: Json, by: str | None = None, at: datetime | None = None) -> int:
        """A person comments (plain text or an ADF document); returns the comment's id."""
        with self.writing():
            issue = self.issue_at(key)
            return self.comment_on(issue, text, self.person(by or self._somebody(issue)), at).id

    def edit_comment(
        self, comment_id: int, text: Json, by: str | None = None, at: datetime | None = None
    ) -> None:
        """A person edits a comment."""
        with self.writing():
            issue, comment = self.find_comment(comment_id)
            self.remember(issue)
            comment.body, comment.updated = text, self.when(at)
            comment.update_author = self.person(by or self._somebody(issue))
            self.touch(issue, at)

    def delete_comment(self, comment_id: int) -> None:
        """A person deletes a comment."""
        with self.writing():
            issue, comment = self.find_comment(comment_id)
            self.remember(issue)
            issue.comments.remove(comment)
            self.touch(issue, None)

    def issue_at(self, key: str) -> Issue:
        """An issue by key or id, or KeyError."""
        found = self.find_issue(key)
        if found is None:
            raise KeyError(f"no issue {key!r} on this site")
        return found

    def _somebody(self, issue: Issue) -> str:
        return str(issue.fields.get("assignee") or issue.fields.get("reporter") or issue.creator)

    # reading back

    def issue(self, key: str) -> dict[str, Json]:
        """The issue as `GET /rest/api/3/issue/{key}` shows it to the bot account."""
        with self.lock:
            return Renderer(self, self.users[self.bot]).issue(self.issue_at(key), expand={"changelog"})

    def comments(self, key: str) -> list[dict[str, Json]]:
        """The comments of an issue as version 3 shows them to the bot account, oldest first."""
        with self.lock:
            renderer = Renderer(self, self.users[self.bot])
            issue = self.issue_at(key)
            return [renderer.comment(issue, comment, {"properties"}) for comment in issue.comments]

    def text_of_comment(self, comment_id: int) -> str:
        """A comment as plain text."""
        return text_of(self.find_comment(comment_id)[1].body)

    def serve(self, options: Options | None = None, *, port: int = 0, host: str = "127.0.0.1") -> JiraServer:
        """The site on a loopback port, as a context manager with `url` and `token`."""
        return JiraServer(self, options, port=port, host=host)

    @classmethod
    def restore(cls, data: Mapping[str, Json], clock: Clock | None = None) -> Self:
        """The site that `dump` described, on a clock that stands where its clock stood."""
        site = cls(clock or Clock(from_ms(data["clock"])), data["seed"])
        site.load(dict(data))
        return site
