"""Small checks of what goes out of the program and comes into it: credentials, answers and files."""

from __future__ import annotations

import gzip
import os
import stat
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
import requests
from engine import Engine
from guard_checks import LATE, in_memory, refuses
from shared import ROOT
from side import wire_fault
from sides import TUESDAY, JiraSide

from connectors.auth import SecretRef
from connectors.http import Http
from connectors.login import LoginSession
from connectors.ms_project import ProjectFileSettings
from connectors.ms_project.client import PlanFolder
from connectors.ms_project.reader import NotAPlan, PlanReader
from connectors.network import Route
from connectors.transfer import Timeouts
from portfolio.errors import (
    AuthError,
    BadAnswer,
    ConfigError,
    FileUnreadable,
    SourceError,
    Unavailable,
    UsageError,
)
from portfolio.private_files import create_private, make_private_folder, replace_private
from rules.yaml_text import MAX_BYTES, read_yaml
from store import open_store
from sync.audit import write_export
from sync.config import load_config
from sync.exposure import exposed_files
from sync.plan_file import Plan, read_plan, write_plan

sys.path.append(str(ROOT / "tests" / "connectors"))
_DECODER = msgspec.json.Decoder()
_PLAN = Plan(run_id="r-1", created_at=TUESDAY, expires_at=TUESDAY)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@contextmanager
def umask(bits: int) -> Iterator[None]:
    before = os.umask(bits)
    try:
        yield
    finally:
        os.umask(before)


# Where a credential goes.


def http_at(url: str, **options: Any) -> Http:
    session = requests.Session()
    session.auth = ("bot@shop.example", "S3CRET-canary")
    session.trust_env = False
    told: dict[str, Any] = {"clock": lambda: TUESDAY, "sleep": lambda _: None, "attempts": 1, **options}
    return Http("shop", session, base_url=url, **told)


def nothing_is_sent_without_tls(folder: Path) -> None:
    del folder
    refuses(ConfigError, lambda: http_at("http://jira.shop.example"))


def a_credential_in_an_address_is_refused(folder: Path) -> None:
    del folder
    refuses(ConfigError, lambda: http_at("https://bot:S3CRET-canary@shop.example"))


def an_unknown_authority_is_refused(folder: Path) -> None:
    from tls_world import Authority, tls_server

    with tls_server(Authority(folder).issue("site")) as server, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of urllib3, where nothing is verified
        http = http_at(server.url)
        refuses(Unavailable, lambda: http.call("GET", "/x", decoder=_DECODER))
        http.close()


def no_proxy_reads_what_is_not_encrypted(folder: Path) -> None:
    del folder
    proxy = "http://proxy.shop.example:3128"
    route = Route(proxies={"http": proxy, "https": proxy})
    assert route.proxies_for("http://127.0.0.1:9/rest", {"http": proxy}) == {}


def a_secret_of_signing_in_goes_to_one_host(folder: Path) -> None:
    del folder
    with LoginSession("shop", route=Route(), origin="http://127.0.0.1:9") as session:
        refuses(AuthError, lambda: session.request("POST", "http://127.0.0.2:9/token"))


def a_command_for_a_secret_is_run_without_a_shell(folder: Path) -> None:
    SecretRef(command=f"echo secret; touch {folder / 'owned'}").resolve()
    assert not (folder / "owned").exists()


# What comes back.


def served(reply: bytes, action: Callable[[str], None]) -> None:
    from loopback import serving

    with serving(lambda method, path, number: reply) as server:
        action(server.url)


def an_answer_that_unfolds_without_end_is_refused(folder: Path) -> None:
    from loopback import answer

    del folder
    bomb = gzip.compress(b"[" + b" " * 5_000_000 + b"]")

    def ask(url: str) -> None:
        http = http_at(url, max_bytes=100_000)
        refuses(BadAnswer, lambda: http.call("GET", "/x", decoder=_DECODER))
        http.close()

    served(answer(bomb, Content_Encoding="gzip"), ask)


def an_answer_that_drips_is_given_up(folder: Path) -> None:
    from loopback import answer

    del folder

    def ask(url: str) -> None:
        ticks = iter(range(0, 10_000, 10))
        timeouts = Timeouts(connect_seconds=2, read_seconds=2, total_seconds=5)
        http = http_at(url, timeouts=timeouts, monotonic=lambda: float(next(ticks)))
        refuses(Unavailable, lambda: http.call("GET", "/x", decoder=_DECODER))
        http.close()

    served(answer("{}"), ask)


def a_credential_that_an_answer_repeats_is_not_kept(folder: Path) -> None:
    del folder
    side = JiraSide()
    try:
        side.add(LATE)
        token = side.server.token
        said = msgspec.json.encode({"errorMessages": [f"Not with {token}."], "errors": {}}).decode()
        side.server.faults.add(wire_fault("down", method="POST", path="*/comment", status=400, body=said))
        engine = Engine(side)
        engine.run()
        (failed,) = engine.store.failed_writes()
        assert "Not with" in str(failed.reason)
        assert token not in str(failed.reason)
    finally:
        side.close()


def a_credential_that_a_header_repeats_is_not_shown(folder: Path) -> None:
    from loopback import answer

    del folder

    said: list[str] = []

    def ask(url: str) -> None:
        http = http_at(url)
        try:
            http.call("GET", "/x", decoder=_DECODER)
        except SourceError as error:
            said.append(str(error))
        finally:
            http.close()

    served(answer("{}", 400, X_Request_Id="S3CRET-canary"), ask)
    assert "400 on /x" in said[0]
    assert "S3CRET-canary" not in said[0]


# Files that come in.


def a_document_type_is_refused(folder: Path) -> None:
    del folder
    refuses(NotAPlan, lambda: PlanReader().feed(_ENTITY))


def no_entity_is_expanded(folder: Path) -> None:
    del folder
    reader = PlanReader()
    try:
        reader.feed(_ENTITY)
        rows = reader.close()
    except NotAPlan:
        return
    assert "expanded" not in str(rows)


_TASK = "<Tasks><Task><UID>1</UID><Name>{}</Name></Task></Tasks></Project>"
_ENTITY = (
    '<!DOCTYPE Project [<!ENTITY a "expanded">]>'
    f'<Project xmlns="http://schemas.microsoft.com/project">{_TASK.format("&a;")}'
).encode()


def a_plan_of_absurd_size_is_refused(folder: Path) -> None:
    root = '<Project xmlns="http://schemas.microsoft.com/project">'
    (folder / "plan.xml").write_text(root + _TASK.format("x" * 20_000))
    settings = ProjectFileSettings.model_validate({"name": "plans", "path": "*.xml", "max_file_mb": 0.01})
    plans = PlanFolder(settings, folder)
    (file,) = plans.find().files
    refuses(FileUnreadable, lambda: plans.read(file))


def a_record_of_absurd_size_is_refused(folder: Path) -> None:
    del folder
    root = '<Project xmlns="http://schemas.microsoft.com/project"><Tasks><Task><Name>'
    with mock.patch("connectors.ms_project.reader.MAX_RECORD_BYTES", 1_000):
        refuses(NotAPlan, lambda: PlanReader().feed((root + "x" * 2_000).encode()))


def yaml_of_absurd_size_is_refused(folder: Path) -> None:
    del folder
    assert read_yaml("# \n" * (MAX_BYTES // 3 + 1), "dovetail.yaml").problems


def yaml_that_refers_to_itself_is_refused(folder: Path) -> None:
    del folder
    assert read_yaml("a: &a [1]\nb: [*a, *a]\n", "dovetail.yaml").problems


def yaml_of_absurd_depth_is_refused(folder: Path) -> None:
    del folder
    assert read_yaml("[" * 30 + "]" * 30, "dovetail.yaml").problems


def a_plan_of_writes_of_absurd_size_is_refused(folder: Path) -> None:
    write_plan(_PLAN.sealed(), folder / "plan.json")
    with mock.patch("sync.plan_file.MAX_BYTES", 100):
        refuses(UsageError, lambda: read_plan(folder / "plan.json"))


# Files that are made.


def what_is_written_is_this_accounts_alone(folder: Path) -> None:
    with umask(0):
        write_plan(_PLAN, folder / "plan.json")
        _, engine = in_memory()
        engine.run()
        write_export(engine.store, folder / "trail.jsonl")
    assert {path.name: mode(path) for path in folder.iterdir()} == {"plan.json": 0o600, "trail.jsonl": 0o600}


def the_database_is_this_accounts_alone(folder: Path) -> None:
    with umask(0), open_store(f"sqlite:///{folder / 'dovetail.db'}") as store:
        store.start_run("sync", TUESDAY)
        modes = {mode(path) for path in folder.iterdir()}
    assert modes == {0o600}


def a_folder_for_backups_is_this_accounts_alone(folder: Path) -> None:
    with umask(0):
        make_private_folder(folder / "backups")
    assert mode(folder / "backups") == 0o700


def a_link_in_the_place_of_a_new_file_is_not_followed(folder: Path) -> None:
    (folder / "victim").write_text("precious")
    (folder / "new").symlink_to(folder / "victim")
    refuses(FileExistsError, lambda: os.close(create_private(folder / "new")))


def a_file_is_replaced_whole_or_not_at_all(folder: Path) -> None:
    path = folder / "plan.json"
    path.write_text("old")
    with mock.patch("os.fsync", side_effect=OSError(28, "No space left on device")):
        refuses(OSError, lambda: replace_private(path, b"new"))
    assert [one.name for one in folder.iterdir()] == ["plan.json"]
    assert path.read_text() == "old"


def exposed(folder: Path, name: str, bits: int) -> set[str]:
    """What is said where one file is open to others."""
    (folder / "token").write_text("secret")
    (folder / "dovetail.yaml").write_text(
        "version: 1\nstore: sqlite:///dovetail.db\nsources:\n  - name: shop\n    kind: jira\n"
        "    url: https://shop.example\n"
        "    auth: {method: api_token, user: bot@shop.example, token: {file: token}}\n"
    )
    (folder / "dovetail.db").write_bytes(b"")
    for path in folder.iterdir():
        path.chmod(bits if path.name == name else 0o600)
    return {one.path.name for one in exposed_files(load_config(folder / "dovetail.yaml"))}


def a_secret_that_others_can_read_is_said(folder: Path) -> None:
    assert exposed(folder, "token", 0o644) == {"token"}


def a_configuration_that_others_can_change_is_said(folder: Path) -> None:
    assert exposed(folder, "dovetail.yaml", 0o622) == {"dovetail.yaml"}


def a_store_that_others_can_read_is_said(folder: Path) -> None:
    assert exposed(folder, "dovetail.db", 0o644) == {"dovetail.db"}
