"""What the demo reads back from the simulated Azure DevOps, over HTTP like any visitor, as plain text."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

Json: TypeAlias = Any  # decoded JSON of an answer; every use below says what it expects

_COMMENTS = "7.1-preview.4"


class BoardsReader:
    """Reads work items as the account that the demo's token belongs to."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {
            "Authorization": "Basic " + base64.b64encode(f":{token}".encode()).decode(),
            "Accept": "application/json",
        }
        self._references: dict[str, str] = {}
        me = self._get("/_apis/connectionData", version="7.1-preview")["authenticatedUser"]
        self.user_id = str(me["id"])

    def comments(self, number: str) -> dict[str, list[str]]:
        """Our own comments on a work item, oldest first: the lines of each by its id."""
        project = quote(str(self._item(number)["System.TeamProject"]))
        path = f"/{project}/_apis/wit/workItems/{number}/comments"
        query = {"order": "asc", "$expand": "renderedText"}
        found = self._get(path, version=_COMMENTS, **query)["comments"]
        return {
            str(one["id"]): lines(one.get("renderedText") or one["text"])
            for one in found
            if one["createdBy"]["id"] == self.user_id
        }

    def fields(self, number: str, names: Sequence[str]) -> dict[str, object]:
        """Fields of a work item by their names; those that are empty are left out."""
        if not self._references:
            known = self._get("/_apis/wit/fields")["value"]
            self._references = {one["name"]: one["referenceName"] for one in known}
        values = self._item(number)
        wanted = {name: self._references[name] for name in names}
        return {name: values[field] for name, field in wanted.items() if values.get(field) is not None}

    def title(self, number: str) -> str:
        """The title of a work item."""
        return str(self._item(number)["System.Title"])

    def _item(self, number: str) -> dict[str, Json]:
        fields: dict[str, Json] = self._get(f"/_apis/wit/workitems/{number}")["fields"]
        return fields

    def _get(self, path: str, version: str = "7.1", **query: str) -> Json:
        address = f"{self._url}{path}?{urlencode({**query, 'api-version': version})}"
        request = Request(address, headers=self._headers)  # noqa: S310 - loopback, see running() of the simulators
        with urlopen(request, timeout=30) as answer:  # nosec B310 # noqa: S310
            return json.load(answer)


def lines(html: str) -> list[str]:
    """A comment's HTML as lines of plain text, one for each block; points of a list begin with a bullet."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return [line for line in reader.lines() if line]


class _Reader(HTMLParser):
    """Collects what is said; a heading is underlined, a cell is followed by a bar."""

    _BLOCKS = frozenset({"p", "div", "ul", "ol", "tr", "table", "blockquote", "br"})

    def __init__(self) -> None:
        super().__init__()
        self._said: list[str] = [""]

    def lines(self) -> list[str]:
        """All lines, spaces folded."""
        return [" ".join(line.split()).removesuffix(" |") for line in self._said]

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        """A block begins a line."""
        if tag == "li":
            self._said.append("• ")
        elif tag == "hr":
            self._said += ["----", ""]
        elif tag in self._BLOCKS or _is_heading(tag):
            self._begin()

    def handle_endtag(self, tag: str) -> None:
        """A block ends its line."""
        if _is_heading(tag):
            self._said += ["-" * len(self._said[-1].strip()), ""]
        elif tag in {"td", "th"}:
            self._said[-1] += " | "
        elif tag in self._BLOCKS or tag == "li":
            self._said.append("")

    def handle_data(self, data: str) -> None:
        """Text belongs to the line that has begun."""
        self._said[-1] += data

    def _begin(self) -> None:
        # A paragraph inside a point of a list stands on the point's line.
        if self._said[-1] not in {"", "• "}:
            self._said.append("")


def _is_heading(tag: str) -> bool:
    return len(tag) == 2 and tag[0] == "h" and tag[1].isdigit()
