"""The writing endpoints of Jira Cloud, one function each: comments with their marker, and fields.

What replaces or deletes is sent once, although HTTP lets it be repeated: while a repetition waits, a person
may write in the same place. Whoever calls looks again first.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from connectors.answers import Answer
from connectors.jira import wire
from connectors.jira.client import API, MARKER_PROPERTY, JiraClient

_COMMENT = msgspec.json.Decoder(wire.Comment)
_COMMENTS_PATH = f"{API}/issue/{{id}}/comment"
_COMMENT_PATH = f"{API}/issue/{{id}}/comment/{{id}}"


def add_comment(client: JiraClient, issue: str, body: object, marker: object) -> wire.Comment:
    """Create a comment that carries our marker. Sent once, never again.

    Raises:
        OutcomeUnknown: the answer was lost; the comment may exist.
    """
    return client.http.call(
        "POST",
        f"{API}/issue/{issue}/comment",
        template=_COMMENTS_PATH,
        decoder=_COMMENT,
        json={"body": body, "properties": [{"key": MARKER_PROPERTY, "value": marker}]},
        target=issue,
        accept=(200, 201),
    )


def edit_comment(client: JiraClient, issue: str, comment: str, body: object, marker: object) -> wire.Comment:
    """Replace a comment and its marker, without mail.

    Raises:
        OutcomeUnknown: the answer was lost; the edit may have been made.
    """
    return client.http.call(
        "PUT",
        f"{API}/issue/{issue}/comment/{comment}",
        template=_COMMENT_PATH,
        decoder=_COMMENT,
        params={"notifyUsers": "false"},
        json={"body": body, "properties": [{"key": MARKER_PROPERTY, "value": marker}]},
        repeatable=False,
        target=issue,
    )


def set_marker(client: JiraClient, issue: str, comment: str, marker: object) -> None:
    """Replace the marker of a comment alone; nobody is mailed, and the comment does not count as edited."""
    client.http.send(
        "PUT",
        f"{API}/comment/{comment}/properties/{MARKER_PROPERTY}",
        template=f"{API}/comment/{{id}}/properties/{{key}}",
        json=marker,
        target=issue,
    )


def delete_comment(client: JiraClient, issue: str, comment: str) -> None:
    """Delete a comment.

    Raises:
        OutcomeUnknown: the answer was lost; it may be gone.
    """
    path = f"{API}/issue/{issue}/comment/{comment}"
    client.http.send("DELETE", path, template=_COMMENT_PATH, repeatable=False, target=issue)


def edit_issue(client: JiraClient, issue: str, fields: Mapping[str, object], *, silent: bool) -> Answer:
    """Set fields, and ask for the issue as it is afterwards.

    Raises:
        OutcomeUnknown: the answer was lost; the edit may have been made.
    """
    return client.http.send(
        "PUT",
        f"{API}/issue/{issue}",
        template=f"{API}/issue/{{id}}",
        params={"notifyUsers": "false" if silent else "true", "returnIssue": "true"},
        json={"fields": dict(fields)},
        repeatable=False,
        target=issue,
    )
