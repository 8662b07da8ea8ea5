"""What people wrote in comments on issues, the newest of each, with the account and the instant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from connectors.jira import wire
from connectors.jira.mapping_site import identity
from connectors.jira.render import decode_body
from connectors.jira.site import Site
from connectors.jira.values import instant
from connectors.targets import native
from portfolio.errors import BadAnswer
from portfolio.records import ItemId, item_id
from portfolio.remarks import Remark

# Comments embedded in an issue make the vendor's limit 100 issues a request. facts/jira.md §1.2.
_AT_ONCE = 100
_QUOTES = frozenset({"blockquote", "codeBlock"})
_SHOWN = {"mention": "text", "emoji": "shortName", "status": "text", "inlineCard": "url"}


class _Fields(msgspec.Struct):
    comment: wire.RemarkPage | None = None


_FIELDS = msgspec.json.Decoder(_Fields)


def remarks(site: Site, items: Sequence[ItemId]) -> Iterator[Remark]:
    """The newest comments of these issues that are not our own account's.

    An issue shows some twenty of its comments; of one with more, the newest hundred are asked for.

    Raises:
        SourceError: they cannot be read.
    """
    me = site.client.myself().accountId
    for start in range(0, len(items), _AT_ONCE):
        for issue in site.client.details(
            [native(one) for one in items[start : start + _AT_ONCE]], ["comment"]
        ).issues:
            try:
                page = _FIELDS.decode(issue.fields).comment
            except msgspec.DecodeError as error:
                raise BadAnswer(site.settings.name, f"{issue.key}: {str(error)[:160]}") from error
            if page is None:
                continue
            shown = page.comments
            if page.total > len(shown):
                shown = site.client.newest_comments(issue.id)
            yield from _of_issue(site, issue.id, shown, me)


def _of_issue(site: Site, issue: str, shown: Sequence[wire.RemarkComment], me: str) -> Iterator[Remark]:
    for one in shown:
        if one.author is None or one.author.accountId == me:
            continue
        # Whoever edited it last answers for what it says now.
        author = one.updateAuthor or one.author
        if author.accountId == me:
            continue
        try:
            at = instant(one.updated or one.created)
        except ValueError:
            continue
        account = identity(site.settings.name, author)
        yield Remark(
            item_id=item_id(site.settings.name, issue),
            remark_id=one.id,
            at=at,
            account_id=author.accountId,
            name=account.name,
            email=account.email,
            # A customer of a service project writes comments, too, and is nobody of the portfolio.
            kind=account.kind if author.accountType == "atlassian" or account.kind != "person" else "unknown",
            text="\n".join(lines_of(decode_body(one.body))),
        )


def lines_of(body: Any) -> list[str]:
    """What a comment says, line by line, without what it quotes."""
    if isinstance(body, str):
        return body.splitlines()
    lines: list[str] = []
    _collect(body, lines)
    return lines


def _inline(said: str, node: dict[str, Any], *, is_first: bool) -> str:
    """A piece of a line. What another has written, or what is code, begins none."""
    if node.get("type") == "mention":
        # A name is its owner's text: no line of it is the author's.
        return f"@{' '.join(said.split()).removeprefix('@')}"
    marks = node.get("marks")
    if not any(isinstance(one, dict) and one.get("type") == "code" for one in marks or ()):
        return said
    code = " ".join(said.splitlines())
    return f"`{code}`" if is_first else code


def _collect(node: Any, lines: list[str]) -> None:
    if not isinstance(node, dict) or node.get("type") in _QUOTES:
        return
    kind = node.get("type")
    if kind == "text" or kind in _SHOWN:
        attrs = node.get("attrs") if isinstance(node.get("attrs"), dict) else {}
        said = node.get("text") if kind == "text" else (attrs or {}).get(_SHOWN[str(kind)])
        line = lines[-1] if lines else ""
        lines[-1:] = [line + _inline(str(said or ""), node, is_first=not line.strip())]
        return
    if kind in ("paragraph", "heading", "hardBreak", "rule", "media"):
        lines.append("")
    for child in node.get("content") or []:
        _collect(child, lines)
