"""LibreOffice opens the pack and the workbook, shows every slide and sheet, and works nothing out.

Skipped without it, unless DOVETAIL_REQUIRE_LIBREOFFICE is set, as it is in `.ci/run`. One call converts both:
to start it takes longer than to convert.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pypdf
import pytest
from pptx import Presentation

_SECONDS = 180


@pytest.fixture(scope="module")
def converted(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the PDF files that LibreOffice made of them."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        assert not os.environ.get("DOVETAIL_REQUIRE_LIBREOFFICE"), "LibreOffice is required and not installed"
        pytest.skip("LibreOffice is not installed (libreoffice-impress-nogui, libreoffice-calc-nogui)")
    folder = tmp_path_factory.mktemp("converted")
    profile = (tmp_path_factory.mktemp("office") / "profile").as_uri()
    command = [
        office,
        "--headless",
        f"-env:UserInstallation={profile}",
        "--convert-to",
        "pdf",
        "--outdir",
        str(folder),
    ]
    done = subprocess.run(
        [*command, str(files / "steering-pack.pptx"), str(files / "portfolio.xlsx")],
        capture_output=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_both_are_opened(converted: Path) -> None:
    assert sorted(one.name for one in converted.iterdir()) == ["portfolio.pdf", "steering-pack.pdf"]


def test_every_slide_is_shown_with_its_title(converted: Path, files: Path) -> None:
    pages = pypdf.PdfReader(converted / "steering-pack.pdf").pages
    slides = list(Presentation(str(files / "steering-pack.pptx")).slides)
    assert len(pages) == len(slides)
    for page, slide in zip(pages, slides, strict=True):
        words = "".join(page.extract_text().split())
        assert "".join(slide.shapes.title.text_frame.text.split()) in words


def test_the_workbook_is_shown_and_its_formulas_are_not_worked_out(converted: Path) -> None:
    words = "".join(
        "".join(page.extract_text().split()) for page in pypdf.PdfReader(converted / "portfolio.pdf").pages
    )
    for text in ('=HYPERLINK("http://evil.example","x")', "-2+3", "@SUM(A1)", "<script>alert(1)</script>"):
        assert "".join(text.split()) in words
    assert "#NAME?" not in words
    assert "Err:" not in words
