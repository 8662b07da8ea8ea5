"""One broken plan among good ones: it is set aside with one line, and the good ones are checked as ever."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Context
from connectors.ms_project import ProjectFileSettings, build
from store import open_store
from sync.pull import PullOutcome, PullSettings, pull

PLAN = Path(__file__).resolve().parent.parent / "data" / "small-plan.xml"
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def pulled(folder: Path) -> tuple[PullOutcome, str | None]:
    context = Context(
        timezone="Europe/Zurich", folder=folder, clock=lambda: NOW, sleep=lambda _: None, say=lambda _: None
    )
    connector = build(ProjectFileSettings(name="plans", path=("*.xml",)), context)
    with open_store("sqlite://") as store:
        (outcome,) = pull(store, [connector], run_id=store.start_run("pull", NOW), now=NOW)
        return outcome, store.sources()["plans"].error


def test_the_good_plans_stay_fresh_and_the_run_is_not_complete(tmp_path: Path) -> None:
    shutil.copy(PLAN, tmp_path / "good.xml")
    (tmp_path / "bad.xml").write_text("<Project><Tasks>")
    outcome, error = pulled(tmp_path)
    assert outcome.state == "ok"
    assert not outcome.is_complete  # exit 4
    assert [line.partition(":")[0] for line in outcome.skipped] == ["bad.xml"]
    assert error is None


def test_when_every_plan_vanishes_the_run_stops_until_a_person_accepts_it(tmp_path: Path) -> None:
    shutil.copy(PLAN, tmp_path / "plan.xml")
    context = Context(
        timezone="Europe/Zurich", folder=tmp_path, clock=lambda: NOW, sleep=lambda _: None, say=lambda _: None
    )
    connector = build(ProjectFileSettings(name="plans", path=("*.xml",)), context)
    with open_store("sqlite://") as store:

        def again(**how: Any) -> PullOutcome:
            run = store.start_run("pull", NOW)
            return pull(store, [connector], run_id=run, now=NOW, settings=PullSettings(**how))[0]

        assert again().state == "ok"
        (tmp_path / "plan.xml").unlink()
        assert again().state == "stopped"
        assert again().state == "stopped"
        assert store.counts()["item"] == 4
        assert again(accept_vanished=frozenset({"plans"})).state == "ok"
        assert store.counts()["item"] == 0


def test_a_plan_that_may_no_longer_be_read_is_never_called_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss of a permission looks like no deletion, however often it is tried."""
    for name in ("office.xml", "other.xml"):
        shutil.copy(PLAN, tmp_path / name)
    context = Context(
        timezone="Europe/Zurich", folder=tmp_path, clock=lambda: NOW, sleep=lambda _: None, say=lambda _: None
    )
    connector = build(ProjectFileSettings(name="plans", path=("*.xml",)), context)
    really = Path.open

    def locked(path: Path, *arguments: Any, **named: Any) -> Any:
        if path.name == "office.xml":
            raise PermissionError(13, "Permission denied")
        return really(path, *arguments, **named)

    with open_store("sqlite://") as store:

        def again() -> PullOutcome:
            run = store.start_run("pull", NOW)
            return pull(store, [connector], run_id=run, now=NOW, settings=PullSettings(full=True))[0]

        assert again().is_complete
        known = store.counts()["item"]
        with monkeypatch.context() as patched:
            patched.setattr(Path, "open", locked)
            for _ in range(2):
                outcome = again()
                assert (outcome.gone, outcome.is_complete) == (0, False)
                assert outcome.skipped[0].startswith("office.xml: cannot be opened (Permission denied).")
        assert store.counts()["item"] == known
        assert store.counts()["item_deleted"] == 0
        assert again().is_complete


def test_a_path_that_matches_nothing_from_the_start_is_said(tmp_path: Path) -> None:
    outcome, error = pulled(tmp_path)
    assert outcome.state == "failed"
    assert error is not None
    assert "no file matches *.xml" in error


def test_a_folder_of_nothing_but_broken_plans_has_failed(tmp_path: Path) -> None:
    (tmp_path / "bad.xml").write_text("<Project><Tasks>")
    outcome, error = pulled(tmp_path)
    assert outcome.state == "failed"
    assert error is not None
