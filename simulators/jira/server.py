"""A site on a loopback port: who calls, what goes wrong, what is logged."""

from __future__ import annotations

import base64
import time
from dataclasses import fields, replace
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from simulators.faults import BEFORE_EFFECT, Fault, FaultPlan
from simulators.http import Request, Response, Server
from simulators.jira.call import Call, Refusal
from simulators.jira.control import Control
from simulators.jira.limits import Limiter
from simulators.jira.model import BOT_EMAIL, User
from simulators.jira.options import Options
from simulators.jira.routes import Handler, Route, Router
from simulators.jira.spoiling import instead, rewrite, sign_in_page
from simulators.spoiling import spoil

if TYPE_CHECKING:
    from simulators.jira.site import JiraCloud

GATEWAY = "https://api.atlassian.com/ex/jira/"
_OPEN = frozenset({"serverInfo", "tenant_info"})  # answered without credentials
_KEPT_BYTES = 256_000_000
_READS = frozenset({"search/jql", "issue/bulkfetch", "changelog/bulkfetch"})


class JiraServer(Server):
    """Serves one site; `url` and `token` are what a connector is configured with.

    `exchanges` holds callbacks that are told every request and answer; `faults` can be changed while it runs.
    """

    def __init__(
        self, site: JiraCloud, options: Options | None = None, *, port: int = 0, host: str = "127.0.0.1"
    ) -> None:
        self.site = site
        self.options = options or Options()
        self.user = BOT_EMAIL
        self.token = site.token
        self._router = Router()
        self._control = Control(self)
        self._rendered: dict[Any, bytes] = {}
        self._answers: dict[Any, Response] = {}
        self._answers_at = -1
        self._answers_size = 0
        self._previous: dict[str, bytes] = {}
        self._count = 0
        self.configure(self.options)
        super().__init__(_App(self), port=port, host=host)
        self.gateway_url = f"{self.url}/ex/jira/{site.cloud_id}"

    def configure(self, options: Options | None = None, **changes: Any) -> None:
        """Behave otherwise from now on; faults and limits start counting anew when they change."""
        known = {field.name for field in fields(Options)}
        if unknown := set(changes) - known:
            raise ValueError(f"no such option: {', '.join(sorted(unknown))}")
        self.options = replace(options or self.options, **changes)
        if options is not None or "faults" in changes:
            self.faults = FaultPlan(self.options.faults, self.site.seed)
        if options is not None or "rate_limit" in changes:
            limit = self.options.rate_limit
            self.limiter = Limiter(limit, self.site.clock) if limit else None
        self.site.index_lag_seconds = self.options.index_lag_seconds
        self._answers.clear()
        self._answers_size = 0

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        if request.path.startswith("/__simulator__/"):
            return self._control.answer(request)
        if self.options.latency_seconds:
            time.sleep(self.options.latency_seconds)
        with self.site.lock:
            path, through_gateway = self._strip(request.path)
            route = self._router.find(request.method, path)
            template = route.template if route else path
            response = self._faulty(request, route, template, through_gateway)
            response.template = template
            self._count += 1
            response.headers["Date"] = format_datetime(self.site.clock.now(), usegmt=True)
            response.headers["X-AREQUESTID"] = f"{self._count:032x}"
            self.site.requests.append((request.method, template, response.status))
            return response

    def _strip(self, path: str) -> tuple[str, bool]:
        prefix = f"/ex/jira/{self.site.cloud_id}"
        return (path[len(prefix) :], True) if path.startswith(prefix + "/") else (path, False)

    def _faulty(self, request: Request, route: Route | None, template: str, gateway: bool) -> Response:
        if self.options.sign_in_page is not None:
            page = sign_in_page(self.options.sign_in_page)
            page.fault = "sign_in_page"
            return page
        fault = self.faults.pick(request.method, template)
        if fault is not None and fault.kind in BEFORE_EFFECT:
            return instead(fault)
        response = self._sound(request, route, template, gateway)
        if fault is None:
            self._previous[template] = response.body
            return response
        return spoil(fault, request, response, self._previous.get(template), rewrite)

    def _sound(self, request: Request, route: Route | None, template: str, gateway: bool) -> Response:
        try:
            caller = self._caller(request, template, gateway)
            if route is None or route.handler is None:
                return _nowhere(request, route)
            if self.limiter is not None and (refused := self.limiter.admit(request.method, template)):
                return refused
            response = self._handled(request, route, route.handler, caller)
            if self.limiter is not None:
                response.headers.update(self.limiter.told(request.method, template))
            return response  # noqa: TRY300 - the refusal is the exception
        except Refusal as refusal:
            return refusal.response

    def _handled(self, request: Request, route: Route, handler: Handler, caller: User | None) -> Response:
        call = Call(
            site=self.site,
            options=self.options,
            caller=caller,
            version=route.version,
            base=self._base(),
            home=self.url,
            request=request,
            template=route.template,
            params=route.params,
            limiter=self.limiter,
            rendered=self._rendered,
        )
        keep = (
            self.limiter is None
            and not self.site.index_is_behind()
            and route.template.endswith(tuple(_READS))
        )
        if not keep:
            response = handler(call)
            if self.limiter is not None and not route.template.endswith(tuple(_READS)):
                self.limiter.charge(0)
            return response
        if self._answers_at != self.site.revision or self._answers_size > _KEPT_BYTES:
            self._answers.clear()
            self._answers_at, self._answers_size = self.site.revision, 0
        query = tuple(sorted((name, tuple(values)) for name, values in request.query.items()))
        who = caller.account_id if caller else None
        # Only a search depends on the instant: relative dates, and the age of its tokens.
        at = self.site.clock.now_ms() if route.template.endswith("/search/jql") else 0
        key = (request.method, route.template, query, request.body, who, at)
        kept = self._answers.get(key)
        if kept is None:
            kept = self._answers[key] = handler(call)
            self._answers_size += len(kept.body)
        return kept

    def _base(self) -> str:
        return f"{GATEWAY}{self.site.cloud_id}" if self.options.self_urls == "gateway" else self.url

    def _caller(self, request: Request, template: str, gateway: bool) -> User | None:
        """Who calls: the account of the token, nobody, or a 401."""
        if template.rpartition("/")[2] in _OPEN:
            return self.site.users[self.site.bot]
        if _credentials(request) == (self.user, self.token) and (gateway or not self.options.scoped_token):
            return self.site.users[self.site.bot]
        if self.options.anonymous_access:
            return None
        response = Response.json(
            {"message": "Client must be authenticated to access this resource.", "status-code": 401},
            401,
            {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED", "WWW-Authenticate": 'OAuth realm="simulated"'},
        )
        raise Refusal(401, response=response)

    def add_fault(self, fault: Fault) -> None:
        """One more fault from now on."""
        self.faults.add(fault)


def _nowhere(request: Request, route: Route | None) -> Response:
    if route is None:
        return Response.json({"errorMessages": [f"null for uri: {request.path}"], "errors": {}}, 404)
    return Response.json({"errorMessages": ["Method Not Allowed"], "errors": {}}, 405)


class _App:
    def __init__(self, server: JiraServer) -> None:
        self._server = server

    def respond(self, request: Request) -> Response:
        return self._server.answer(request)


def _credentials(request: Request) -> tuple[str, str] | None:
    scheme, _, text = (request.headers.get("Authorization") or "").partition(" ")
    if scheme.lower() == "bearer":  # an OAuth or scoped token: the account is the token's
        return BOT_EMAIL, text
    try:
        user, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except ValueError:
        return None
    return user, secret
