"""The simulators' own door, `/__simulator__/…` on the same socket, for another process to drive one of them.

What every simulated tracker answers stands here; each adds its own operations, options and loader.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from datetime import datetime
from typing import Any, ClassVar

from simulators.faults import Fault
from simulators.http import Request, Response


class ControlDoor(ABC):
    """Answers the control requests. There is no authentication: the server listens on loopback only.

    `GET clock`, `POST advance {days, hours, …}`, `POST clock {at}`, `GET dump`, `GET requests`, `GET mails`,
    `POST reset` (forget requests and mails), `POST options {…}`, `POST script [{"do": method, …arguments}]`,
    `POST load {count, …}`.

    Attributes:
        operations: the builder's methods that a script may name.
        instants: arguments of those methods that are instants, as ISO texts.
    """

    operations: ClassVar[frozenset[str]]
    instants: ClassVar[tuple[str, ...]] = ("at",)

    def __init__(self, server: Any) -> None:
        self._server = server

    @abstractmethod
    def _post_load(self, body: Any) -> Any:
        """Fill the tracker with many items at once."""

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

    def _post_reset(self, _: Any) -> Any:
        self._server.site.requests.clear()
        self._server.site.mails.clear()
        return {}

    def _post_options(self, body: Any) -> Any:
        changes = dict(body)
        if "faults" in changes:
            changes["faults"] = [Fault(**fault) for fault in changes["faults"]]
        self._server.configure(**self._own_options(changes))
        return {}

    def _own_options(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Turn what JSON cannot say into this tracker's own kinds of options."""
        return changes

    def _post_script(self, body: Any) -> Any:
        return [self._operate(dict(step)) for step in body]

    def _operate(self, step: dict[str, Any]) -> Any:
        name = step.pop("do")
        if name not in self.operations:
            raise ValueError(f"no operation {name!r}; known: {', '.join(sorted(self.operations))}")
        for argument in self.instants:
            text = step.get(argument)
            # A date alone stays a text: some of these arguments take either.
            if isinstance(text, str) and "T" in text:
                step[argument] = datetime.fromisoformat(text)
        result = getattr(self._server.site, name)(**step)
        is_json = isinstance(result, (str, int, float, dict, list, tuple, type(None)))
        return result if is_json else getattr(result, "id", None)
