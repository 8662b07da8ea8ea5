"""What the demo reads back from the simulated Jira, over HTTP like any visitor, and shows as plain text."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import urlencode
from urllib.request import Request, urlopen

Json: TypeAlias = Any  # decoded JSON of an answer; every use below says what it expects


class JiraReader:
    """Reads issues as the account that the demo's token belongs to."""

    def __init__(self, url: str, user: str, token: str) -> None:
        self._url = url
        self._headers = {
            "Authorization": "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode(),
            "Accept": "application/json",
        }
        self._field_ids: dict[str, str] = {}
        self.account_id = str(self._get("/rest/api/3/myself")["accountId"])

    def comments(self, key: str) -> dict[str, list[str]]:
        """Our own comments on an issue, oldest first: the lines of each by its id."""
        found = self._get(f"/rest/api/3/issue/{key}/comment")["comments"]
        return {
            str(one["id"]): list(lines(one["body"]))
            for one in found
            if one["author"]["accountId"] == self.account_id
        }

    def fields(self, key: str, names: Sequence[str]) -> dict[str, object]:
        """Fields of an issue by their names; those that are empty are left out."""
        if not self._field_ids:
            self._field_ids = {one["name"]: one["id"] for one in self._get("/rest/api/3/field")}
        wanted = {name: self._field_ids[name] for name in names}
        values = self._get(f"/rest/api/3/issue/{key}", fields=",".join(wanted.values()))["fields"]
        return {name: values[field] for name, field in wanted.items() if values.get(field) is not None}

    def title(self, key: str) -> str:
        """The summary of an issue."""
        return str(self._get(f"/rest/api/3/issue/{key}", fields="summary")["fields"]["summary"])

    def _get(self, path: str, **query: str) -> Json:
        address = f"{self._url}{path}" + (f"?{urlencode(query)}" if query else "")
        request = Request(address, headers=self._headers)  # noqa: S310 - loopback, see running() of the simulators
        with urlopen(request, timeout=30) as answer:  # nosec B310 # noqa: S310
            return json.load(answer)


def lines(node: Mapping[str, Json], indent: str = "") -> Iterator[str]:
    """An Atlassian document as lines of plain text."""
    children = node.get("content", [])
    match node.get("type"):
        case "heading":
            text = _text(children)
            yield from (text, "-" * len(text))
        case "paragraph":
            yield indent + _text(children)
        case "bulletList" | "orderedList":
            for item in children:
                inner = [line for child in item.get("content", []) for line in lines(child)]
                yield from (f"{indent}{'  ' if number else '• '}{line}" for number, line in enumerate(inner))
        case "rule":
            yield "----"
        case "tableRow":
            cells = (
                " ".join(line for child in cell.get("content", []) for line in lines(child))
                for cell in children
            )
            yield indent + " | ".join(cells)
        case _:
            for child in children:
                yield from lines(child, indent)


def _text(nodes: Sequence[Mapping[str, Json]]) -> str:
    parts = []
    for node in nodes:
        attributes = node.get("attrs") or {}
        parts.append(str(node.get("text") or attributes.get("text") or attributes.get("url") or "\n"))
    return "".join(parts)
