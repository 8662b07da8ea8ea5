"""`python -m simulators.azure_devops`: an organisation in a process of its own.

The lines on stdout are its address, the address of its identity service and a token.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from datetime import datetime
from pathlib import Path

from simulators.azure_devops.load import bulk_load
from simulators.azure_devops.options import Options
from simulators.azure_devops.site import AzureDevOps
from simulators.clock import DEFAULT_START, Clock, from_ms


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulators.azure_devops", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--state", type=Path, help="a dump: read at the start, written at the end")
    parser.add_argument(
        "--latency", type=float, default=0.0, metavar="MS", help="milliseconds before each answer"
    )
    parser.add_argument("--clock", help="the instant at which the clock stands, ISO 8601 with offset")
    parser.add_argument("--running", action="store_true", help="let the clock run")
    parser.add_argument("--load", type=int, default=0, metavar="N", help="add N synthetic items")
    parser.add_argument("--revisions", type=int, default=10, metavar="N", help="revisions of each of them")
    return parser.parse_args()


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    arguments = _arguments()
    at = datetime.fromisoformat(arguments.clock) if arguments.clock else None
    if arguments.state and arguments.state.exists():
        data = json.loads(arguments.state.read_text(encoding="utf-8"))
        site = AzureDevOps.restore(data, Clock(at or from_ms(data["clock"]), running=arguments.running))
    else:
        site = AzureDevOps(Clock(at or DEFAULT_START, running=arguments.running), arguments.seed)
    if arguments.load:
        bulk_load(site, arguments.load, arguments.revisions)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with site.serve(Options(latency_ms=arguments.latency), port=arguments.port) as server:
        sys.stdout.write(f"{server.url}\n{server.identity_url}\n{server.token}\n")
        sys.stdout.flush()
        ended.wait()
    if arguments.state:
        arguments.state.write_text(json.dumps(site.dump(), indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
