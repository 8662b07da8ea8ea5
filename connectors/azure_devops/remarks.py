"""What people wrote in comments on work items, with the account and the instant of the last edit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial

from connectors.azure_devops import edits
from connectors.azure_devops import wire_writing as writing
from connectors.azure_devops.client import ITEMS_AT_ONCE
from connectors.azure_devops.mapping_site import account_kind
from connectors.azure_devops.remote import Remote, Standing, form_of
from connectors.azure_devops.render import Format, text_of
from connectors.azure_devops.site import Site
from connectors.azure_devops.values import instant_of
from connectors.parallel import completed
from connectors.targets import native
from portfolio.errors import AccessDenied, TargetMissing
from portfolio.records import ItemId, item_id
from portfolio.remarks import Remark

_FENCED = re.compile(r"^ {0,3}(```|~~~).*?(^ {0,3}\1|\Z)", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^(?: {4}| {0,3}\t).*$", re.MULTILINE)
_QUOTE = re.compile(r"<(/?)(blockquote|pre|code)\b[^>]*>", re.IGNORECASE)


def remarks(site: Site, remote: Remote, items: Sequence[ItemId]) -> Iterator[Remark]:
    """The comments of these items that are not our own account's.

    The tracker lists comments item by item: one request for 200 items, and one for each that has some.

    Raises:
        SourceError: they cannot be read.
    """
    for start in range(0, len(items), ITEMS_AT_ONCE):
        ids = [native(one) for one in items[start : start + ITEMS_AT_ONCE]]
        talked_about = [now for now in remote.standing(ids).values() if now.comment_count != 0]
        if talked_about:
            _ = remote.comment_api  # asked for once, before they part
        calls = [partial(_of_item, site, remote, now) for now in talked_about]
        for found in completed(calls, latency_seconds=site.client.http.latency_seconds):
            yield from found


def _of_item(site: Site, remote: Remote, now: Standing) -> list[Remark]:
    try:
        listed = edits.comments_of(site.client.http, remote.comment_api, now.project, now.item)
    except (AccessDenied, TargetMissing):
        return []
    found = [_remark(site, remote, now, one) for one in listed]
    return [one for one in found if one is not None]


def _remark(site: Site, remote: Remote, now: Standing, one: writing.Comment) -> Remark | None:
    # Whoever edited it last answers for what it says now.
    author = one.modified_by or one.created_by
    at = instant_of(one.modified_date or one.created_date)
    if author is None or at is None or any(remote.is_me(who) for who in (author, one.created_by or author)):
        return None
    form = form_of(one)
    text = one.text or ""
    account = author.descriptor or author.id or ""
    name = (author.display_name or account).strip()
    return Remark(
        item_id=item_id(site.settings.name, now.item),
        remark_id=str(one.id),
        at=at,
        account_id=account,
        name=name,
        email=author.unique_name if "@" in (author.unique_name or "") else None,
        kind=account_kind(account, name),
        text=text_of(own_words(text, form), form),
    )


def own_words(text: str, form: Format) -> str:
    """A comment without what it quotes, and without code; quotations may stand in quotations."""
    if form == "markdown":
        text = _INDENTED.sub("", _FENCED.sub("\n", text))
    kept: list[str] = []
    inside: list[str] = []
    place = 0
    for tag in _QUOTE.finditer(text):
        name = tag[2].casefold()
        if not inside:
            kept.append(text[place : tag.start()])
        if not tag[1]:
            inside.append(name)
        elif name in inside:
            del inside[len(inside) - 1 - inside[::-1].index(name)]
        place = tag.end()
    if not inside:
        kept.append(text[place:])
    return "\n".join(kept)
