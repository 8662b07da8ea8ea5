"""A process that has imported everything and forks a command line for each request: a run without its start.

Reads one JSON object per line (`args`, `folder`, `env`, `output`) and answers `{"pid": …}` when the child
runs and `{"exit": …}` when it has ended. Whoever asks may kill the child at any moment.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def _become(request: dict[str, Any]) -> None:
    os.chdir(request["folder"])
    os.environ.update(request["env"])
    out = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    sys.argv = ["dovetail", *request["args"]]
    code = 0
    try:
        from cli import main

        code = main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 whatever it is, the parent must learn of it
        import traceback

        traceback.print_exc()
        code = 70
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _say(**answer: object) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _serve() -> None:
    # What a run imports lazily, so that a kill meets the work and not the imports.
    import alembic.command
    import jira
    import numpy
    import pydantic
    import sqlalchemy
    import sqlglot

    import cli
    import connectors.azure_devops
    import connectors.jira
    import connectors.ms_project
    import store.store
    import sync.pipeline

    _say(ready=[one.__name__ for one in (alembic, jira, numpy, pydantic, sqlalchemy, sqlglot, cli)])
    for module in (
        connectors.jira,
        connectors.azure_devops,
        connectors.ms_project,
        store.store,
        sync.pipeline,
    ):
        assert module.__name__ in sys.modules
    for line in sys.stdin:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(request)
        _say(pid=pid)
        _, status = os.waitpid(pid, 0)
        _say(exit=os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    _serve()
