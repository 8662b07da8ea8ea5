"""`python -m simulators.jira`: a site in a process of its own. The first line on stdout is its URL."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from datetime import datetime
from pathlib import Path

from simulators.clock import DEFAULT_START, Clock, from_ms
from simulators.jira.load import bulk_load
from simulators.jira.options import Options
from simulators.jira.site import JiraCloud


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulators.jira", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--state", type=Path, help="a dump: read at the start, written at the end")
    parser.add_argument(
        "--latency", type=float, default=0.0, metavar="MS", help="milliseconds before each answer"
    )
    parser.add_argument("--clock", help="the instant at which the site's clock stands, ISO 8601 with offset")
    parser.add_argument("--running", action="store_true", help="let the clock run")
    parser.add_argument("--load", type=int, default=0, metavar="N", help="add N synthetic issues")
    return parser.parse_args()


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    arguments = _arguments()
    at = datetime.fromisoformat(arguments.clock) if arguments.clock else None
    if arguments.state and arguments.state.exists():
        data = json.loads(arguments.state.read_text(encoding="utf-8"))
        site = JiraCloud.restore(data, Clock(at or from_ms(data["clock"]), running=arguments.running))
    else:
        site = JiraCloud(Clock(at or DEFAULT_START, running=arguments.running), arguments.seed)
    if arguments.load:
        bulk_load(site, arguments.load)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    options = Options(latency_seconds=arguments.latency / 1000)
    with site.serve(options, port=arguments.port) as server:
        sys.stdout.write(f"{server.url}\n{server.user}\n{server.token}\n")
        sys.stdout.flush()
        ended.wait()
    if arguments.state:
        arguments.state.write_text(json.dumps(site.dump(), indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
