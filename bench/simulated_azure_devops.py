"""A simulated organisation of Azure DevOps in a process of its own, for benchmarks."""

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
class SimulatedAzureDevOps:
    """Where it listens and how to sign in."""

    url: str
    identity_url: str
    token: str

    def control(self, name: str, body: object = None) -> Any:
        """Ask the simulator itself: GET without a body, else POST."""
        host = self.url.rpartition("/")[0]
        request = urllib.request.Request(
            f"{host}/__simulator__/{name}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=600) as answer:
            return json.load(answer)

    def requests(self) -> int:
        """How many requests it has answered since the last reset."""
        total: int = self.control("requests")["total"]
        return total


@contextmanager
def simulated_azure_devops(*arguments: str) -> Iterator[SimulatedAzureDevOps]:
    """Run it until the end of the block."""
    command = [sys.executable, "-m", "simulators.azure_devops", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        try:
            assert process.stdout is not None
            url, identity_url, token = (process.stdout.readline().strip() for _ in range(3))
            yield SimulatedAzureDevOps(url, identity_url, token)
        finally:
            process.terminate()
            process.wait(timeout=60)
