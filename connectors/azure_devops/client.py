"""The endpoints of Azure DevOps Services that Dovetail uses, one typed method each, with page loops that end.

The `azure-devops` package reads nothing of the reporting API and drops continuation tokens, so requests go
through `connectors.http` (facts/azure_devops.md §11).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from connectors.answers import Refusal
from connectors.azure_devops import wire
from connectors.azure_devops.settings import AzureDevOpsSettings
from connectors.base import Context
from connectors.credentials import Credential, credential
from connectors.http import Decoder, Http
from connectors.network import Route, route_of
from connectors.throttle import Limiter
from connectors.transfer import Timeouts
from portfolio.errors import AccessDenied, AuthError, BadAnswer, CursorRejected, TargetMissing

T = TypeVar("T")

VERSION = "7.1"
GRAPH_VERSION = "7.1-preview.1"
RESOURCE = "499b84ac-1321-427f-aa17-267ca6975798"  # Azure DevOps, as Microsoft Entra knows it
ITEMS_AT_ONCE = 200  # the vendor's limit; 201 are refused
QUERY_AT_ONCE = 19_999  # 20,000 are refused, and `$top` cuts silently
PROJECTS_AT_ONCE = 200
REVISIONS_AT_ONCE = 200
_SAFE_PAGE = 200
# Delays grow to 30 s a request before anything is refused, and then connections are dropped in mid-answer; a
# wait that was cut to 60 s made it worse for others (facts/azure_devops.md §7.1).
_TIMEOUTS = Timeouts(
    connect_seconds=10.0,
    read_seconds=120.0,
    patience_seconds=300.0,
    silence_seconds=30.0,
    unsaid_seconds=300.0,
)

_CONNECTION = msgspec.json.Decoder(wire.Connection)
_PROJECTS = msgspec.json.Decoder(wire.Listed[wire.Project])
_PROJECT = msgspec.json.Decoder(wire.ProjectDetails)
_PROCESSES = msgspec.json.Decoder(wire.Listed[wire.Process])
_CATEGORIES = msgspec.json.Decoder(wire.Listed[wire.TypeCategory])
_TYPES = msgspec.json.Decoder(wire.Listed[wire.ItemType])
_STATES = msgspec.json.Decoder(wire.Listed[wire.State])
_NODES = msgspec.json.Decoder(wire.Listed[wire.Node])
_FIELDS = msgspec.json.Decoder(wire.Listed[wire.FieldInfo])
_TYPE_FIELDS = msgspec.json.Decoder(wire.Listed[wire.TypeField])
_LINKS = msgspec.json.Decoder(wire.Links)
_QUERY = msgspec.json.Decoder(wire.QueryResult)
_BINNED = msgspec.json.Decoder(wire.Listed[wire.Binned])
_SUBJECTS = msgspec.json.Decoder(wire.Subjects)
_MEMBERSHIP = msgspec.json.Decoder(wire.Membership)


class AzureDevOpsClient:
    """One organisation through one account. No secret is read and nothing sent before the first request."""

    def __init__(self, settings: AzureDevOpsSettings, context: Context) -> None:
        self._settings = settings
        self._context = context
        self._http: Http | None = None
        self._graph: Http | None = None
        self._credential: Credential | None = None
        self._route = Route()
        self._limiter = Limiter(clock=context.clock, sleep=context.sleep)
        self._me: wire.Me | None = None
        self._page_size = settings.items_per_page

    @property
    def http(self) -> Http:
        """Requests to the organisation, authenticated at first use."""
        if self._http is None:
            self._http = self._open(self._settings.url)
        return self._http

    @property
    def graph(self) -> Http:
        """Requests to the directory of its accounts, under the same limits."""
        if self._graph is None:
            self._graph = self._open(self._settings.accounts_url)
        return self._graph

    def close(self) -> None:
        """Release connections. Safe to call twice."""
        for one in filter(None, (self._http, self._graph)):
            one.close()

    def _open(self, base_url: str) -> Http:
        import requests

        if self._credential is None:
            self._route = route_of(self._settings, self._context.folder)
            self._credential = credential(
                self._settings.auth,
                source=self._settings.name,
                folder=self._context.folder,
                clock=self._context.clock,
                resource=RESOURCE,
                route=self._route,
            )
        session = requests.Session()
        # A credential that is always set also keeps requests from looking for one in ~/.netrc.
        session.auth = self._credential
        # Without this header a bad credential is answered with a sign-in page (facts/azure_devops.md §8).
        session.headers.update({"X-TFS-FedAuthRedirect": "Suppress", "User-Agent": "dovetail"})
        return Http(
            self._settings.name,
            session,
            base_url=base_url,
            clock=self._context.clock,
            sleep=self._context.sleep,
            limiter=self._limiter,
            timeouts=_TIMEOUTS,
            renew=self._credential.renew,
            route=self._route,
        )

    # Who we are and what the organisation consists of.

    def me(self) -> wire.Me:
        """The calling account, asked once.

        Raises:
            AuthError: also where the answer is one to strangers.
        """
        if self._me is None:
            params = {"api-version": "7.1-preview.1"}
            me = self.http.call(
                "GET", "/_apis/connectionData", decoder=_CONNECTION, params=params
            ).authenticated_user
            if not me.subject_descriptor or me.provider_display_name == "Anonymous":
                raise AuthError(
                    self._settings.name,
                    "the organisation does not know who we are.",
                    hint="Check the credential under auth.",
                )
            self._me = me
        return self._me

    def projects(self) -> list[wire.Project]:
        """All projects that the account can see; with a part of them, items would belong to no project."""
        found: list[wire.Project] = []
        params: dict[str, str | int] = {"$top": PROJECTS_AT_ONCE}
        followed: set[str] = set()
        while True:
            page, headers = self.http.fetch(
                "GET", "/_apis/projects", decoder=_PROJECTS, params=self._versioned(params)
            )
            found.extend(page.value)
            token = headers.get("x-ms-continuationtoken")
            if not token:
                return found
            if token in followed:
                raise BadAnswer(self._settings.name, "projects: the list leads back to where it was.")
            followed.add(token)
            params["continuationToken"] = token

    def project(self, project: str) -> wire.ProjectDetails:
        """One project, by id or name, with its process."""
        return self._get(
            f"/_apis/projects/{_part(project)}",
            "/_apis/projects/{projectId}",
            _PROJECT,
            {"includeCapabilities": "true"},
        )

    def processes(self) -> list[wire.Process]:
        """All processes, with the parents of inherited ones."""
        return self._get("/_apis/work/processes", None, _PROCESSES).value

    def types(self, project: str) -> list[wire.ItemType]:
        """The work item types of a project, each with its states."""
        path = f"/{_part(project)}/_apis/wit/workitemtypes"
        types = self._get(path, "/{project}/_apis/wit/workitemtypes", _TYPES).value
        for one in types:
            if one.states is None:  # older answers have transitions only
                template = "/{project}/_apis/wit/workitemtypes/{type}/states"
                one.states = self._get(f"{path}/{_part(one.name)}/states", template, _STATES).value
        return types

    def type_categories(self, project: str) -> list[wire.TypeCategory]:
        """The categories of a project's types, which tell the backlog level of each."""
        path, template = "/_apis/wit/workitemtypecategories", "/{project}/_apis/wit/workitemtypecategories"
        return self._get(f"/{_part(project)}{path}", template, _CATEGORIES).value

    def type_fields(self, project: str, type_: str) -> list[wire.TypeField]:
        """The fields of one work item type, with the values that a picklist allows."""
        return self._get(
            f"/{_part(project)}/_apis/wit/workitemtypes/{_part(type_)}/fields",
            "/{project}/_apis/wit/workitemtypes/{type}/fields",
            _TYPE_FIELDS,
            {"$expand": "allowedValues"},
        ).value

    def trees(self, project: str) -> list[wire.Node]:
        """The roots of a project's areas and iterations, whole."""
        return self._get(
            f"/{_part(project)}/_apis/wit/classificationnodes",
            "/{project}/_apis/wit/classificationnodes",
            _NODES,
            {"$depth": 20},  # the vendor's limit is 14
        ).value

    def fields(self) -> list[wire.FieldInfo]:
        """All fields of the organisation."""
        return self._get("/_apis/wit/fields", None, _FIELDS).value

    # Reading.

    def revisions(
        self, token: str | None, fields: Sequence[str], decoder: Decoder[T], *, latest_only: bool = False
    ) -> T:
        """A batch of revisions of the whole organisation, in the order in which they were made.

        A call for one project or type loses items that move to another one (facts/azure_devops.md §2.1).

        Raises:
            CursorRejected: the token is not accepted.
        """
        params: dict[str, str | int] = {
            "fields": ",".join(fields),
            "includeIdentityRef": "true",
            "includeDeleted": "true",
            "$maxPageSize": self._page_size,
        }
        if latest_only:
            params["includeLatestOnly"] = "true"
        if token:
            params["continuationToken"] = token
        try:
            return self._reporting("workitemrevisions", params, decoder, token)
        except Refusal as error:
            # The largest page is written down nowhere; 200 is what it gives unasked (facts §2.1).
            if error.status != 400 or self._page_size <= _SAFE_PAGE:
                raise
            params["$maxPageSize"] = self._page_size = _SAFE_PAGE
            return self._reporting("workitemrevisions", params, decoder, token)

    def links(self, token: str | None) -> wire.Links:
        """A batch of links of the whole organisation that came or went.

        Raises:
            CursorRejected: the token is not accepted.
        """
        params = {"continuationToken": token} if token else {}
        return self._reporting("workitemlinks", params, _LINKS, token)

    def _reporting(
        self, what: str, params: Mapping[str, str | int], decoder: Decoder[T], token: str | None
    ) -> T:
        path = f"/_apis/wit/reporting/{what}"
        try:
            return self._get(path, None, decoder, params)
        except Refusal as error:
            if error.status == 400 and token and _is_about_token(error):
                message = f"{what}: the continuation token is not accepted."
                raise CursorRejected(self._settings.name, message) from error
            raise

    def items(
        self,
        ids: Sequence[int],
        decoder: Decoder[T],
        *,
        fields: Sequence[str] | None = None,
        as_of: str | None = None,
    ) -> T:
        """At most 200 items: these fields, or without `fields` everything with relations.

        What is gone or hidden is left out or null, and the order is any. `as_of` gives them as they stood.
        """
        body: dict[str, Any] = {"ids": list(ids), "errorPolicy": "omit"}
        if fields is None:
            body["$expand"] = "relations"  # the two exclude each other
        else:
            body["fields"] = list(fields)
        if as_of:
            body["asOf"] = as_of
        return self.http.call(
            "POST",
            "/_apis/wit/workitemsbatch",
            decoder=decoder,
            params=self._versioned({}),
            json=body,
            repeatable=True,
        )

    def revisions_of(self, item: int, decoder: Decoder[wire.Listed[T]]) -> Iterator[T]:
        """All revisions of one item, oldest first; nothing where it is gone or hidden."""
        skip = 0
        while True:
            try:
                page = self._get(
                    f"/_apis/wit/workItems/{item}/revisions",
                    "/_apis/wit/workItems/{id}/revisions",
                    decoder,
                    {"$top": REVISIONS_AT_ONCE, "$skip": skip},
                )
            except (TargetMissing, AccessDenied):
                return
            yield from page.value
            skip += len(page.value)
            if len(page.value) < REVISIONS_AT_ONCE:
                return

    def query_ids(self, where: str) -> Iterator[list[int]]:
        """The ids of all items that match, in their order, 19,999 at a time.

        Raises:
            BadAnswer: an answer leads back to where it started.
        """
        last = 0
        while True:
            query = (
                f"SELECT [System.Id] FROM WorkItems WHERE {where} AND [System.Id] > {last}"  # noqa: S608 - WIQL
                " ORDER BY [System.Id]"
            )
            found = self.http.call(
                "POST",
                "/_apis/wit/wiql",
                decoder=_QUERY,
                params=self._versioned({"$top": QUERY_AT_ONCE, "timePrecision": "true"}),
                json={"query": query},
                repeatable=True,
            )
            ids = [row.id for row in found.work_items]
            if ids and min(ids) <= last:
                raise BadAnswer(self._settings.name, "wiql: the answer repeats what was read.")
            if ids:
                yield ids
                last = max(ids)
            if len(ids) < QUERY_AT_ONCE:
                return

    def recycle_bin(self, project: str) -> list[int]:
        """The ids of a project's deleted items."""
        path, template = f"/{_part(project)}/_apis/wit/recyclebin", "/{project}/_apis/wit/recyclebin"
        return [int(one.id) for one in self._get(path, template, _BINNED).value]

    # People.

    def subjects(self, descriptors: Sequence[str]) -> dict[str, wire.Subject]:
        """What the directory knows of these accounts and groups."""
        body = {"lookupKeys": [{"descriptor": one} for one in descriptors]}
        found = self.graph.call(
            "POST",
            "/_apis/graph/subjectlookup",
            decoder=_SUBJECTS,
            params={"api-version": GRAPH_VERSION},
            json=body,
            repeatable=True,
        )
        return {key: one for key, one in found.value.items() if one is not None}

    def is_active(self, descriptor: str) -> bool | None:
        """Whether an account may still sign in; None where the directory does not know it."""
        try:
            return self.graph.call(
                "GET",
                f"/_apis/graph/membershipstates/{_part(descriptor)}",
                template="/_apis/graph/membershipstates/{subjectDescriptor}",
                decoder=_MEMBERSHIP,
                params={"api-version": GRAPH_VERSION},
            ).active
        except TargetMissing:
            return None

    def _get(
        self,
        path: str,
        template: str | None,
        decoder: Decoder[T],
        params: Mapping[str, str | int] | None = None,
    ) -> T:
        return self.http.call(
            "GET", path, template=template, decoder=decoder, params=self._versioned(params or {})
        )

    @staticmethod
    def _versioned(params: Mapping[str, str | int]) -> dict[str, str | int]:
        return {**params, "api-version": VERSION}


def quoted(text: str) -> str:
    """A text literal of WIQL."""
    return "'" + text.replace("'", "''") + "'"


def _part(name: str) -> str:
    """A part of a path: names of projects and types hold spaces, #, % and more."""
    return quote(name, safe="")


def _is_about_token(error: Refusal) -> bool:
    said = " ".join([*error.words, error.code]).casefold()
    return "token" in said or "watermark" in said
