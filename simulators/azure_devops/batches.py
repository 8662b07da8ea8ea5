"""PATCH or POST $batch: many patches in one request, each with its own fate. In no OpenAPI description."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from urllib.parse import parse_qs, unquote, urlsplit

from simulators.azure_devops import patching
from simulators.azure_devops.call import Call
from simulators.azure_devops.model import Json
from simulators.azure_devops.refusals import PLAIN, Refusal, bad_request
from simulators.http import Request, Response, dumps

MOST = 200  # what clients use; the vendor publishes no figure
_URI = re.compile(r"(?:/(?P<project>[^/]+))?/_apis/wit/workitems/(?P<rest>\$?[^/]+)$", re.IGNORECASE)


def batch(call: Call) -> Response:
    """Answers 200 whatever becomes of the entries; a failed one does not stop the others."""
    entries = call.body()
    if not isinstance(entries, list) or not entries:
        raise bad_request("Value cannot be null.\r\nParameter name: batchRequests")
    if len(entries) > MOST:
        raise bad_request(f"The batch holds {len(entries)} requests, which exceeds the limit of {MOST}.")
    results = [_entry(call, entry) for entry in entries]
    return call.collection(results)


def _entry(call: Call, entry: Json) -> dict[str, Json]:
    try:
        response = _answer(call, entry)
    except Refusal as refusal:
        response = refusal.response
    body = response.body.decode()
    if response.status >= 400:
        try:
            words = json.loads(body)["message"]
        except (ValueError, KeyError):
            words = body
        body = dumps({"value": {"Message": words}}).decode()
    return {"code": response.status, "headers": {"Content-Type": PLAIN}, "body": body}


def _answer(call: Call, entry: Json) -> Response:
    if not isinstance(entry, dict) or not isinstance(entry.get("uri"), str):
        raise bad_request("A batch entry has a method, a uri, headers and a body.")
    split = urlsplit(entry["uri"])
    match = _URI.search(unquote(split.path))
    method = str(entry.get("method") or "").upper()
    if match is None or method not in {"PATCH", "POST"}:
        raise bad_request(f"The uri '{entry['uri']}' cannot be part of a batch.")
    query = parse_qs(split.query, keep_blank_values=True)
    if "api-version" not in query:
        raise bad_request(f'No api-version was supplied for the "{method}" request.')
    request = Request(
        method=method,
        path=unquote(split.path),
        query=query,
        headers=_Headers(entry.get("headers") or {}),
        body=dumps(entry.get("body")),
    )
    rest = match.group("rest")
    is_new = rest.startswith("$")
    params = {"type": rest[1:]} if is_new else {"id": rest}
    single = replace(call, request=request, params=params, project_text=match.group("project"), rows=0)
    return patching.create(single) if is_new else patching.update(single)


class _Headers(dict[str, str]):
    """Header names in any case."""

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]  # dict.get has overloads
        wanted = name.lower()
        return next((value for key, value in self.items() if key.lower() == wanted), default)
