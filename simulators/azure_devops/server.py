"""An organisation on two loopback ports: who calls, what goes wrong, what is logged.

`url` is the organisation's address; graph and identities live on an origin of their own, `identity_url`.
"""

from __future__ import annotations

import base64
import gzip
import re
import time
from dataclasses import fields, replace
from email.utils import format_datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from simulators.azure_devops import refusals
from simulators.azure_devops.call import Call
from simulators.azure_devops.control import Control
from simulators.azure_devops.limits import Budget, Verdict
from simulators.azure_devops.model import User
from simulators.azure_devops.options import Options
from simulators.azure_devops.refusals import Refusal
from simulators.azure_devops.routes import BOARDS, IDENTITY, Handler, Route, Router
from simulators.azure_devops.spoiling import instead, rewrite
from simulators.faults import BEFORE_EFFECT, Fault, FaultPlan
from simulators.http import Recorder, Request, Response, Server
from simulators.spoiling import spoil

if TYPE_CHECKING:
    from simulators.azure_devops.site import AzureDevOps

NEWEST = (7, 2)  # which is still a preview
_VERSION = re.compile(r"(\d+)\.(\d+)(-preview(?:\.(\d+))?)?$")
_KEPT_BYTES = 256_000_000  # of packed reporting pages


class AzureDevOpsServer:
    """Serves one organisation; a context manager.

    `exchanges` holds callbacks that are told every request and answer of both origins; `budget` counts the
    throughput units; `faults` and options can be changed while it runs.
    """

    def __init__(
        self, site: AzureDevOps, options: Options | None = None, *, port: int = 0, host: str = "127.0.0.1"
    ) -> None:
        self.site = site
        self.options = options or Options()
        self.token = site.token
        self._control = Control(self)
        self._pages: dict[Any, tuple[bytes, int]] = {}
        self._pages_at, self._pages_size = -1, 0
        self._previous: dict[str, bytes] = {}
        self._count = 0
        self.configure(self.options)
        self._boards = Server(_App(self, Router(BOARDS)), port=port, host=host)
        self._identity = Server(_App(self, Router(IDENTITY)), host=host)
        self.exchanges: list[Recorder] = []
        self._boards.exchanges = self._identity.exchanges = self.exchanges
        self.host, self.port = self._boards.host, self._boards.port
        self.url = f"{self._boards.url}/{site.organisation}"
        self.identity_url = f"{self._identity.url}/{site.organisation}"

    def start(self) -> Self:
        """Serve from threads of its own."""
        self._boards.start()
        self._identity.start()
        return self

    def stop(self) -> None:
        """Stop listening and release the ports."""
        self._boards.stop()
        self._identity.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def configure(self, options: Options | None = None, **changes: Any) -> None:
        """Behave otherwise from now on; faults and budgets start counting anew when they change."""
        known = {field.name for field in fields(Options)}
        if unknown := set(changes) - known:
            raise ValueError(f"no such option: {', '.join(sorted(unknown))}")
        self.options = replace(options or self.options, **changes)
        if options is not None or "faults" in changes:
            self.faults = FaultPlan(self.options.faults, self.site.seed)
        if options is not None or any(name.startswith("tstu") or name == "throttled" for name in changes):
            self.budget = Budget(self.options, self.site.clock)
        self._pages.clear()
        self._pages_size = 0

    def add_fault(self, fault: Fault) -> None:
        """One more fault from now on."""
        self.faults.add(fault)

    def answer(self, router: Router, request: Request) -> Response:
        """Answer one request."""
        if request.path.startswith("/__simulator__/"):
            return self._control.answer(request)
        if self.options.latency_ms:
            time.sleep(self.options.latency_ms / 1000)
        with self.site.lock:
            path = self._below(request.path)
            route = router.find(request.method, path) if path is not None else None
            template = route.template if route else request.path
            verdict = Verdict()
            response = self._faulty(request, path, route, template, verdict)
            response.template = template
            self._count += 1
            number = f"{self._count:032x}"
            activity = f"{number[:8]}-{number[8:12]}-{number[12:16]}-{number[16:20]}-{number[20:]}"
            response.headers = response.headers | verdict.headers
            response.headers["Date"] = format_datetime(self.site.clock.now(), usegmt=True)
            response.headers["ActivityId"] = response.headers["X-VSS-E2EID"] = activity
            self.site.requests.append((request.method, template, response.status))
        if verdict.delay_seconds:
            time.sleep(verdict.delay_seconds)
        return response

    def _below(self, path: str) -> str | None:
        """The path below the organisation, or None for another one."""
        prefix = f"/{self.site.organisation.casefold()}"
        if path.casefold() == prefix or path.casefold().startswith(prefix + "/"):
            return path[len(prefix) :]
        return None

    def _faulty(
        self, request: Request, path: str | None, route: Route | None, template: str, verdict: Verdict
    ) -> Response:
        if self.options.sign_in_page is not None:
            page = refusals.sign_in(self.options.sign_in_page)
            page.fault = "sign_in_page"
            return page
        fault = self.faults.pick(request.method, template)
        if fault is not None and fault.kind in BEFORE_EFFECT:
            return instead(fault)
        response = self._sound(request, path, route, verdict)
        if fault is None:
            if self.faults.is_active:
                self._previous[template] = response.body
            return response
        return spoil(fault, request, response, self._previous.get(template), rewrite)

    def _sound(self, request: Request, path: str | None, route: Route | None, verdict: Verdict) -> Response:
        if self.options.stopped is not None:
            return refusals.stopped(self.site.organisation, self.options.stopped)
        if path is None:
            return refusals.no_organisation()
        try:
            caller = self._caller(request)
            if route is None or route.handler is None:
                return _nowhere(request, path, route)
            version = _version(request, route)
            return self._admitted(request, route, route.handler, caller, version, verdict)
        except Refusal as refusal:
            return refusal.response

    def _admitted(
        self,
        request: Request,
        route: Route,
        handler: Handler,
        caller: User,
        version: str,
        verdict: Verdict,
    ) -> Response:
        units = self.options.tstu_costs.get(route.template, self.options.tstu_cost)
        decided = self.budget.admit(caller.descriptor, units)
        if decided.refused is not None:
            raise Refusal(decided.refused)
        verdict.delay_seconds, verdict.headers = decided.delay_seconds, decided.headers
        if not self.options.scopes and route.template.startswith("/_apis/wit"):
            raise Refusal(refusals.unauthorized())
        call = Call(
            site=self.site,
            options=self.options,
            caller=caller,
            base=self.url,
            identity_base=self.identity_url,
            request=request,
            template=route.template,
            version=version,
            params=dict(route.params),
            project_text=route.project,
            team_text=route.team,
        )
        response = self._kept(call, handler)
        if self.options.tstu_per_row and call.rows:
            extra = call.rows * self.options.tstu_per_row
            units += extra
            self.budget.charge(caller.descriptor, extra)
        if self.options.cost_header:
            response.headers["x-ratelimit-cost"] = f"{units:.5f}"
        if response.status < 300 and response.content_type == "application/json;charset=UTF-8":
            response.content_type = f"application/json; charset=utf-8; api-version={version}"
        return response

    def _kept(self, call: Call, handler: Handler) -> Response:
        """Reporting pages are kept packed: a benchmark measures its client, not this simulator."""
        if "/reporting/" not in call.template:
            return handler(call)
        if self._pages_at != self.site.revision or self._pages_size > _KEPT_BYTES:
            self._pages.clear()
            self._pages_at, self._pages_size = self.site.revision, 0
        query = tuple(sorted((name, tuple(values)) for name, values in call.request.query.items()))
        key = (call.request.method, call.template, call.project_text, query, call.request.body)
        kept = self._pages.get(key)
        if kept is not None:
            call.rows = kept[1]
            plain = bool(self.exchanges) or "gzip" not in (call.request.headers.get("Accept-Encoding") or "")
            body = gzip.decompress(kept[0]) if plain or self.faults.is_active else b""
            return Response(body=body, packed=kept[0])
        response = handler(call)
        response.packed = gzip.compress(response.body, 1)
        self._pages[key] = (response.packed, call.rows)
        self._pages_size += len(response.packed)
        return response

    def _caller(self, request: Request) -> User:
        """Who calls; otherwise one of the ways in which the service says no."""
        scheme, secret = _credentials(request)
        descriptor = self.site.tokens.get(secret)
        if descriptor is None:
            raise Refusal(self._turned_away(request))
        user = self.site.users[descriptor]
        if scheme == "bearer" and not self.options.subscribed:
            who = f"{self.site.tenant}\\{self.site.tenant}\\{user.origin_id}"
            words = (
                f"TF401444: Please sign-in at least once as {who} in a web browser to enable access to the "
                "service."
            )
            raise refusals.refuse(401, "UnauthorizedRequestException", words)
        return user

    def _turned_away(self, request: Request) -> Response:
        if (request.headers.get("X-TFS-FedAuthRedirect") or "").lower() == "suppress":
            return refusals.unauthorized()
        if request.method in {"PATCH", "PUT", "DELETE"}:
            words = "TF400813: The user '' is not authorized to access this resource."
            return refusals.problem(401, "UnauthorizedRequestException", words)
        return refusals.sign_in(self.options.bad_credentials)


def _nowhere(request: Request, path: str, route: Route | None) -> Response:
    if route is None:
        return refusals.no_controller(path)
    words = f"The requested resource does not support http method '{request.method}'."
    return refusals.problem(405, "VssServiceException", words)


def _version(request: Request, route: Route) -> str:
    text = request.one("api-version")
    if not text:
        match = re.search(r"api-version=([\w.-]+)", request.headers.get("Accept") or "")
        text = match.group(1) if match else ""
    if request.method == "OPTIONS":
        return text or "7.1"
    if not text:
        words = (
            f'No api-version was supplied for the "{request.method}" request. The version must be supplied '
            'either as part of the Accept header (e.g. "application/json; api-version=1.0") or as a query '
            'parameter (e.g. "?api-version=1.0").'
        )
        raise refusals.refuse(400, "VssVersionNotSpecifiedException", words)
    found = _VERSION.match(text)
    number = (int(found.group(1)), int(found.group(2))) if found else (99, 0)
    if number > NEWEST or found is None:
        words = (
            f"The requested REST API version of {text} is out of range for this server. The latest REST API "
            f"version this server supports is {NEWEST[0]}.{NEWEST[1]}."
        )
        raise refusals.refuse(400, "VssVersionOutOfRangeException", words)
    if found.group(3) is None and (route.preview is not None or number == NEWEST):
        words = (
            f'The requested version "{text}" of the resource is under preview. The -preview flag must be '
            f'supplied in the api-version for such requests. For example: "{text}-preview"'
        )
        raise refusals.refuse(400, "VssInvalidPreviewVersionException", words)
    return text


class _App:
    def __init__(self, server: AzureDevOpsServer, router: Router) -> None:
        self._server = server
        self._router = router

    def respond(self, request: Request) -> Response:
        return self._server.answer(self._router, request)


def _credentials(request: Request) -> tuple[str, str]:
    """The scheme and the token; a PAT is the password, whatever the user name is."""
    scheme, _, text = (request.headers.get("Authorization") or "").partition(" ")
    if scheme.lower() == "bearer":
        return "bearer", text
    try:
        _, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except ValueError:
        return scheme.lower(), ""
    return scheme.lower(), secret
