"""`dovetail report pack`: the slides for the committee, as PowerPoint and PDF."""

from __future__ import annotations
