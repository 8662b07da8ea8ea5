"""The portfolio page: one HTML file that asks nobody. Its data, its style and its script stand in it.

Nothing a tracker said is ever markup: it travels as JSON in a block that no browser runs, and the script only
makes text of it. The policy in the file allows exactly this style and this script, by their digests, no
request to anywhere, and no way to turn text into markup at all.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import tzinfo
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

import msgspec

from reports.columns import TITLE_LENGTH, cut
from reports.figures import Report
from reports.page_data import Extras, page_data
from reports.page_static import static_overview

# What could end the block of data, or start something in it, in any reading of HTML.
_UNSAFE: Mapping[bytes, bytes] = {
    b"<": b"\\u003c",
    b">": b"\\u003e",
    b"&": b"\\u0026",
    "\u2028".encode(): b"\\u2028",
    "\u2029".encode(): b"\\u2029",
}


def build_page(report: Report, extras: Extras, zone: tzinfo) -> bytes:
    """The page as a file: HTML in UTF-8.

    Args:
        report: the figures.
        extras: the reasoning behind findings, timelines, notes.
        zone: the portfolio's, in which instants are shown.
    """
    return page_of(page_data(report, extras, zone), static_overview(report, extras.notes))


def page_of(data: Mapping[str, Any], static: str = "") -> bytes:
    """A page of data that `page_data` made.

    Args:
        data: the data.
        static: markup for readers without scripts; what trackers said in it is escaped already.
    """
    style, script = _style(), _script()
    text = Template(_part("skeleton.html")).substitute(
        policy=escape(policy(style, script), quote=True),
        title=escape(f"{cut(str(data['title']), TITLE_LENGTH)}: portfolio"),
        style=style,
        static=static,
        data=embedded(data),
        script=script,
    )
    return text.encode("utf-8", "replace")


def embedded(data: Mapping[str, Any]) -> str:
    """Data as JSON that can stand in a `script` element: it holds no `<`, `>` or `&`."""
    encoded = msgspec.json.encode(data)
    for unsafe, safe in _UNSAFE.items():
        encoded = encoded.replace(unsafe, safe)
    return encoded.decode()


def policy(style: str, script: str) -> str:
    """The content security policy: this style, this script, pictures that stand in the file, nothing else."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {_digest(script)}",
            f"style-src {_digest(style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _part(name: str) -> str:
    return files("reports").joinpath("page_files", name).read_text(encoding="utf-8")


def _parts(kind: str) -> list[str]:
    """The files of one kind, in the order of their names."""
    folder = files("reports").joinpath("page_files", kind)
    found = sorted(
        (one for one in folder.iterdir() if one.name.endswith(f".{kind}")), key=lambda one: one.name
    )
    return [one.read_text(encoding="utf-8") for one in found]


@cache
def _style() -> str:
    return "\n".join(_parts("css"))


@cache
def _script() -> str:
    """The parts of the script in the order of their names, in a scope of their own."""
    body = "\n".join(_parts("js"))
    return f'(() => {{\n"use strict";\n{body}}})();\n'
