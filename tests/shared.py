"""Where the reference material beside the project is: the vendors' API descriptions and the sample data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def shared(relative: str) -> Path:
    """The path below the shared folder; skips the test, with the reason, where it is absent.

    `DOVETAIL_SHARED` names the folder; otherwise it is looked for beside the project. Samples alone can be
    given by `DOVETAIL_SAMPLES`.
    """
    samples = os.environ.get("DOVETAIL_SAMPLES")
    if samples and relative.startswith("samples/"):
        path = Path(samples) / relative.removeprefix("samples/")
    else:
        path = Path(os.environ.get("DOVETAIL_SHARED", ROOT.parent / "shared")) / relative
    if not path.exists():
        pytest.skip(f"{relative} is not beside this checkout (set DOVETAIL_SHARED)")
    return path
