"""Takes one line of a guard out of the running program, and puts it back."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import FunctionType
from typing import Any


@dataclass(frozen=True, slots=True)
class Cut:
    """What is changed: in the function at `place` (`module:qualified.name`), `old` becomes `new`."""

    place: str
    old: str
    new: str


@contextmanager
def switched_off(cuts: Sequence[Cut]) -> Iterator[None]:
    """The program without these lines.

    Raises:
        LookupError: a line is not there any more, so the guard has moved and the table must follow it.
    """
    with ExitStack() as stack:
        for place in dict.fromkeys(cut.place for cut in cuts):
            stack.enter_context(_without(place, [cut for cut in cuts if cut.place == place]))
        yield


@contextmanager
def _without(place: str, cuts: Sequence[Cut]) -> Iterator[None]:
    function = _function(place)
    changed = textwrap.dedent(inspect.getsource(function))
    for cut in cuts:
        if changed.count(cut.old) != 1:
            raise LookupError(f"{place} does not hold this line once: {cut.old}")
        changed = changed.replace(cut.old, cut.new)
    names: dict[str, Any] = {}
    start = next(number for number, line in enumerate(changed.splitlines()) if line.startswith("def "))
    text = "from __future__ import annotations\n" + "\n".join(changed.splitlines()[start:])
    exec(compile(text, f"<{place} without a guard>", "exec"), dict(function.__globals__), names)  # noqa: S102 - our own source
    # The code itself is exchanged: whoever imported the function by name runs the changed one too.
    whole, function.__code__ = function.__code__, names[function.__name__].__code__
    try:
        yield
    finally:
        function.__code__ = whole


def _function(place: str) -> FunctionType:
    module, _, path = place.partition(":")
    found: Any = import_module(module)
    for name in path.split("."):
        found = inspect.getattr_static(found, name) if inspect.isclass(found) else getattr(found, name)
    if isinstance(found, (staticmethod, classmethod)):
        found = found.__func__
    while not isinstance(found, FunctionType) or hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    return found
