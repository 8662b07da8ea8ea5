"""The simulator's own door, `/__simulator__/…` on the same socket, for another process to drive it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from simulators.azure_devops.load import bulk_load
from simulators.faults import Fault
from simulators.http import Request, Response

if TYPE_CHECKING:
    from simulators.azure_devops.server import AzureDevOpsServer

# Operations of a script: the builder's methods, by name.
OPERATIONS = frozenset(
    {
        "add_user",
        "edit_user",
        "remove_user",
        "add_token",
        "add_process",
        "add_type",
        "add_state",
        "add_field",
        "add_project",
        "rename_project",
        "remove_project",
        "add_area",
        "rename_area",
        "move_area",
        "add_iteration",
        "edit_iteration",
        "rename_iteration",
        "move_iteration",
        "add_team",
        "create_item",
        "edit_item",
        "link",
        "unlink",
        "delete_item",
        "restore_item",
        "destroy_item",
        "move_item",
        "retype_item",
        "hide_item",
        "add_comment",
        "edit_comment",
        "delete_comment",
        "item",
        "comments_of",
    }
)


class Control:
    """Answers the control requests. There is no authentication: the server listens on loopback only.

    `GET clock`, `POST advance {days, hours, …}`, `POST clock {at}`, `GET dump`, `GET requests`, `GET mails`,
    `GET budget`, `POST reset` (forget requests and mails), `POST options {…}`,
    `POST script [{"do": method, …arguments}]`, `POST load {count, …}`.
    """

    def __init__(self, server: AzureDevOpsServer) -> None:
        self._server = server

    def answer(self, request: Request) -> Response:
        """Do what the path says."""
        name = request.path.removeprefix("/__simulator__/")
        action = getattr(self, f"_{request.method.lower()}_{name}", None)
        if action is None:
            return Response.json({"error": f"no control {request.method} {name}"}, 404)
        try:
            body = json.loads(request.body) if request.body else {}
            with self._server.site.lock:
                return Response.json(action(body))
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            return Response.json({"error": f"{type(error).__name__}: {error}"}, 400)

    def _get_clock(self, _: Any) -> Any:
        return {"now": self._server.site.clock.now().isoformat()}

    def _post_clock(self, body: Any) -> Any:
        self._server.site.clock.set(datetime.fromisoformat(body["at"]))
        return self._get_clock(body)

    def _post_advance(self, body: Any) -> Any:
        self._server.site.clock.advance(**body)
        return self._get_clock(body)

    def _get_dump(self, _: Any) -> Any:
        return self._server.site.dump()

    def _get_requests(self, _: Any) -> Any:
        requests = self._server.site.requests
        by_template = Counter(f"{method} {template}" for method, template, _ in requests)
        by_status = Counter(str(status) for _, _, status in requests)
        return {"total": len(requests), "by_template": dict(by_template), "by_status": dict(by_status)}

    def _get_mails(self, _: Any) -> Any:
        return [list(mail) for mail in self._server.site.mails]

    def _get_budget(self, _: Any) -> Any:
        budget = self._server.budget
        counts = {"total": budget.total, "delayed": budget.delayed, "refused": budget.refused}
        return counts | {"ideal_seconds": budget.ideal_seconds}

    def _post_reset(self, _: Any) -> Any:
        self._server.site.requests.clear()
        self._server.site.mails.clear()
        return {}

    def _post_options(self, body: Any) -> Any:
        changes = dict(body)
        if "faults" in changes:
            changes["faults"] = [Fault(**fault) for fault in changes["faults"]]
        self._server.configure(**changes)
        return {}

    def _post_load(self, body: Any) -> Any:
        return {"items": len(bulk_load(self._server.site, **body))}

    def _post_script(self, body: Any) -> Any:
        return [self._operate(dict(step)) for step in body]

    def _operate(self, step: dict[str, Any]) -> Any:
        name = step.pop("do")
        if name not in OPERATIONS:
            raise ValueError(f"no operation {name!r}; known: {', '.join(sorted(OPERATIONS))}")
        if isinstance(step.get("at"), str):
            step["at"] = datetime.fromisoformat(step["at"])
        return getattr(self._server.site, name)(**step)
