"""Rows as views give them, and texts as nobody wants them."""

from __future__ import annotations

from typing import Any

from portfolio.views import VIEWS

FORMULAS = (
    '=HYPERLINK("http://evil.example","x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "=1\n=2",
)
MARKUP = (
    "<script>alert(1)</script>",
    "</a:t></a:r><a:evil/>",
    "]]><!ENTITY x SYSTEM 'file:///etc/passwd'>&x;&amp;",
    "_x0041_ {=1} ${x} {{x}} %s",
)
TURNED = (
    "safe\u202egpj.exe",
    "\u0634\u062d\u0646\u0629 \u0645\u062a\u0623\u062e\u0631\u0629",
    "\u2066a\u2069\u200bb\u00adc",
)
BROKEN = (
    "\x00\x07\x1b[31mred\x7f\x85",
    "\ud800\udfff",
    "\ufffe\uffff\U0001ffff",
    "a" + "\u0301" * 5_000,
    "\r\nBEGIN:VEVENT\r\nX:1",
)
LONG = ("W" * 40_000, "word " * 8_000, "\u4f60\u597d" * 20_000)
HOSTILE = (*FORMULAS, *MARKUP, *TURNED, *BROKEN, *LONG)


def row(view: str, **values: Any) -> dict[str, Any]:
    """A row of a view: what is not given is false where a view never says null, else unknown."""
    unknown = set(values) - set(VIEWS[view].names)
    assert not unknown, f"{view} has no {unknown}"
    return {
        column.name: values.get(
            column.name, False if column.never_null else [] if column.type == "list" else None
        )
        for column in VIEWS[view].columns
    }
