"""Runs the group: one place that turns what went wrong into words and an exit code."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import click

from commands.group import NobodyReads, build
from commands.session import Session
from commands.text import redact
from portfolio.errors import ConfigError, DovetailError
from portfolio.private_files import replace_private
from sync.runs import Terminated


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code."""
    session = Session()
    _prepare_streams()
    previous = _on_sigterm(_terminate)
    try:
        return _run(list(arguments), session)
    finally:
        session.talk.end_progress()
        if previous is not None:
            _on_sigterm(previous)


def _run(arguments: list[str], session: Session) -> int:
    try:
        answer = build().main(arguments, prog_name="dovetail", standalone_mode=False, obj=session)
        sys.stdout.flush()
        return answer if isinstance(answer, int) else 0
    except DovetailError as error:
        show_error(error, session)
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.ClickException as error:
        return _show_usage(error, session)
    except click.Abort as error:
        return _ended(error.__cause__, session)
    except KeyboardInterrupt as error:
        return _ended(error, session)
    except (BrokenPipeError, NobodyReads):
        return _unread()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except Exception as error:  # noqa: BLE001 - the last resort: an apology instead of a traceback
        _show_defect(error, session, arguments)
        return 70


def _unread() -> int:
    """The end of `dovetail … | head`: nothing is wrong."""
    # Python would complain again when it flushes at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def show_error(error: DovetailError, session: Session) -> None:
    """What happened, to what, what to do."""
    talk = session.talk
    problems = list(error.problems) if isinstance(error, ConfigError) else []
    if talk.log_format == "json":
        talk.error(error.message, hint=redact(error.hint), problems=[redact(one) for one in problems])
        return
    lines = [error.message, *(f"  {one}" for one in problems)]
    if error.hint:
        lines.append(f"  {error.hint}")
    talk.error("\n".join(lines))
    if talk.verbose and error.__cause__ is not None:
        talk.say(_trace(error), level="debug")


def _show_usage(error: click.ClickException, session: Session) -> int:
    if session.talk.log_format == "json":
        session.talk.error(error.format_message())
        return 2
    usage = ""
    if isinstance(error, click.UsageError) and error.ctx is not None:
        usage = f"\n  `{error.ctx.command_path} --help` shows how it is used."
    session.talk.error(f"{error.format_message()}{usage}")
    return 2


def _ended(cause: BaseException | None, session: Session) -> int:
    is_terminated = isinstance(cause, Terminated)
    word = "Terminated" if is_terminated else "Interrupted"
    session.talk.warn(f"{word}. What was stored stands; the next run goes on from there.")
    return 143 if is_terminated else 130


def _show_defect(error: Exception, session: Session, arguments: Sequence[str]) -> None:
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    text = f"Sorry: this is a defect in Dovetail ({type(error).__name__}{place})."
    if session.talk.verbose:
        session.talk.error(f"{text}\n{_trace(error)}")
        return
    kept = _keep(error, arguments)
    where = f"The details are in {kept}." if kept else "Run it again with --verbose to see the details."
    session.talk.error(f"{text}\n  {where} Please send them to whoever maintains this installation.")


def _keep(error: Exception, arguments: Sequence[str]) -> Path | None:
    """Write the details to the user's log folder; None where that is not possible."""
    from platformdirs import user_log_path

    now = datetime.now(UTC)
    try:
        folder = user_log_path("dovetail", appauthor=False, ensure_exists=True)
        path = folder / f"defect-{now:%Y%m%dT%H%M%S}-{os.getpid()}.txt"
        verb = next((one for one in arguments if not one.startswith("-")), "")
        text = f"{now:%Y-%m-%d %H:%M:%S} UTC, dovetail {verb}\n\n{_trace(error)}"
        replace_private(path, text.encode(errors="backslashreplace"))
    except OSError:
        return None
    return path


def _trace(error: BaseException) -> str:
    # The text of an exception could quote an answer; values of variables are never shown.
    return redact("".join(traceback.format_exception(error)))


def _terminate(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise Terminated


def _on_sigterm(handler: Any) -> Any:
    """Set the handler and return the one before; None where signals are not ours to set."""
    if threading.current_thread() is not threading.main_thread():
        return None
    return signal.signal(signal.SIGTERM, handler)


def _prepare_streams() -> None:
    """A terminal or pipe that cannot show a character gets it in another form instead of an exception."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
