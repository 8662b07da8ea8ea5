"""What is said to people while a command works: on stderr, never on stdout.

Progress is a line that changes in place on a terminal, and a heartbeat every half minute otherwise.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TextIO, TypeAlias

from commands.text import clean, redact

if TYPE_CHECKING:
    from sync.progress import Progress

Level: TypeAlias = Literal["debug", "info", "warning", "error"]
LogFormat: TypeAlias = Literal["text", "json"]

HEARTBEAT_SECONDS = 30.0
_REDRAW_SECONDS = 0.1
_WORDS = {"pull": "records", "derive": "items", "check": "rules", "plan": "writes", "apply": "writes"}
_ERASE = "\r\x1b[2K"
# Whoever draws a line of progress now: the result must not be printed into it.
_drawing: list[Talk] = []


class Talk:
    """The talk of one command.

    Args:
        quiet: only what went wrong.
        verbose: also what would help to find out why.
        log_format: text for people, or one JSON object per line.
        stream: where it goes; stderr.
        monotonic: seconds, for the heartbeat.
    """

    def __init__(
        self,
        *,
        quiet: bool = False,
        verbose: bool = False,
        log_format: LogFormat = "text",
        stream: TextIO | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.quiet = quiet
        self.verbose = verbose
        self.log_format: LogFormat = log_format
        self._stream = stream
        self._monotonic = monotonic
        self._last: float | None = None
        self._is_line_open = False
        self._said: set[str] = set()

    @property
    def stream(self) -> TextIO:
        """Where it goes now: tests and shells exchange stderr."""
        return self._stream or sys.stderr

    def say(self, text: str, *, level: Level = "info", **fields: object) -> None:
        """One line for people. With --quiet only warnings and errors are said."""
        if (self.quiet and level in ("debug", "info")) or (level == "debug" and not self.verbose):
            return
        self.end_progress()
        if self.log_format == "json":
            at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            line = json.dumps(
                {"at": at, "level": level, "message": redact(text), **fields}, ensure_ascii=True
            )
        else:
            line = "\n".join(clean(part) for part in redact(text).split("\n"))
        print(line, file=self.stream, flush=True)

    def warn(self, text: str, **fields: object) -> None:
        """Something is not as it should be; the command goes on."""
        mark = "" if self.log_format == "json" else "warning: "
        self.say(mark + text, level="warning", **fields)

    def error(self, text: str, **fields: object) -> None:
        """Something failed. Not repeated where the engine has said so when it happened."""
        if text in self._said:
            return
        mark = "" if self.log_format == "json" else "error: "
        self.say(mark + text, level="error", **fields)

    def note(self, text: str) -> None:
        """A line from a connector: progress that is worth a sentence."""
        self.say(text)

    def tell(self, progress: Progress) -> None:
        """A sign of life from the engine."""
        if self.quiet:
            return  # what went wrong is said at the end, too
        if progress.note:
            if progress.note not in self._said:
                self._said.add(progress.note)
                self.warn(progress.note, step=progress.step)
            return
        now = self._monotonic()
        if self._last is None:
            self._last = now
        is_terminal = self.log_format == "text" and self.stream.isatty()
        if now - self._last < (_REDRAW_SECONDS if is_terminal else HEARTBEAT_SECONDS):
            return
        self._last = now
        parts = [progress.step, progress.source, progress.what]
        line = f"{' '.join(part for part in parts if part)}: {progress.done:,} {_WORDS[progress.step]}"
        if is_terminal:
            self.stream.write(f"{_ERASE}{clean(line)[:78]}")
            self.stream.flush()
            self._is_line_open = True
            _drawing.append(self)
        else:
            self.say(line, step=progress.step)

    def end_progress(self) -> None:
        """Take the progress line away."""
        if self._is_line_open:
            self.stream.write(_ERASE)
            self.stream.flush()
            self._is_line_open = False


def end_progress() -> None:
    """Take every progress line away, because the result is printed now."""
    while _drawing:
        _drawing.pop().end_progress()
