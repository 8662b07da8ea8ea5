"""A simulated Jira in a process of its own, for benchmarks and for tests that kill the client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SimulatedJira:
    """Where it listens and how to sign in."""

    url: str
    user: str
    token: str

    def control(self, name: str, body: object = None) -> Any:
        """Ask the simulator itself: GET without a body, else POST."""
        request = urllib.request.Request(
            f"{self.url}/__simulator__/{name}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def requests(self) -> int:
        """How many requests it has answered since the last reset."""
        total: int = self.control("requests")["total"]
        return total


@contextmanager
def simulated_jira(*arguments: str) -> Iterator[SimulatedJira]:
    """Run it until the end of the block."""
    command = [sys.executable, "-m", "simulators.jira", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        try:
            assert process.stdout is not None
            url, user, token = (process.stdout.readline().strip() for _ in range(3))
            yield SimulatedJira(url, user, token)
        finally:
            process.terminate()
            process.wait(timeout=60)
