"""Every secret is a canary: no run leaves one in a log, an error, a plan, an export or the store.

The scenarios of all kinds of connectors, with credentials that are accepted, refused, missing, written in the
wrong place, and repeated by a hostile server. What was left behind is scanned in five encodings
(tests/secret_scan.py).
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import secret_scan
from working_week import Week
from world import CommandLine, a_world

from store import open_store

pytestmark = [pytest.mark.slow]
CANARY = 'S3CRET-canary+/="x'


@dataclass
class Trap:
    """A server that nobody should speak to, or one that repeats what it is sent."""

    url: str
    heads: list[str] = field(default_factory=list)


@contextmanager
def trap(status: int = 200) -> Iterator[Trap]:
    """Repeats the credential in headers and body, as it came, decoded, and as trackers tell errors."""
    caught = Trap("")

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            caught.heads.append(f"{self.command} {self.path}\n{self.headers}")
            header = self.headers.get("Authorization", "")
            value = header.partition(" ")[2]
            try:
                password = base64.b64decode(value).decode().partition(":")[2]
            except ValueError:
                password = value
            said = [header, value, password, json.dumps(password)]
            rule = {"fieldReferenceName": password, "errorMessage": password}
            body = json.dumps(
                {
                    "errorMessages": said,
                    "errors": {password: header},
                    "message": f"TF: {header} {password}",
                    "typeKey": password,
                    "customProperties": {"RuleValidationErrors": [rule]},
                    "accountId": password,
                    "displayName": value,
                    "authenticatedUser": {"subjectDescriptor": password, "providerDisplayName": value},
                }
            ).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Request-Id", password)
            self.send_header("RateLimit-Reason", password)
            if 300 <= status < 400:
                self.send_header("Location", f"http://127.0.0.2:9/{password}")
            if status == 429:
                self.send_header("Retry-After", "4000")
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Not into the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    caught.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield caught
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def run(line: CommandLine, folder: Path, *args: str, **env: str) -> tuple[int, str]:
    state = {"XDG_STATE_HOME": str(folder / "state"), "XDG_CONFIG_HOME": str(folder / "none")}
    return line.run(folder, *args, env={**state, "JIRA_TOKEN": "", "ADO_PAT": "", **env})


def clean(folder: Path, *, at_least: int = 1) -> secret_scan.Scan:
    """Scan a test's folder and what its commands said."""
    found = secret_scan.scan([folder, folder.parent / f"{folder.name} said"])
    print(found)  # noqa: T201 - with -rA, and in what CI keeps
    assert not found.failed, str(found)
    assert found.files >= at_least
    return found


def test_a_working_week_of_all_trackers_leaves_no_secret(
    origin: Path, command_line: CommandLine, tmp_path: Path
) -> None:
    folder = tmp_path / "week"
    with a_world(origin, folder, command_line) as world:
        week = Week(world)
        week.go_by()
        assert week.unused == set()  # a verb that is new belongs into the week
        # A credential that is refused is a secret, too.
        wrong = {"JIRA_TOKEN": f"{CANARY}-jira", "ADO_PAT": f"{CANARY}-boards"}
        for args in (["sync"], ["--verbose", "sync"], ["--log-format", "json", "sync"], ["plan"]):
            assert run(command_line, folder, *args, **wrong)[0] == 4, args
        assert run(command_line, folder, "doctor", **wrong)[0] == 1
        assert world.run("status") == 0
        assert all(secret_scan.found_in(one.encode()) == ["raw"] for one in world.secrets.values())
    # The scan would have found it: the simulated organisation's own state, which is an input, holds it.
    assert secret_scan.found_in((folder / "boards.json").read_bytes()) == ["raw"]
    assert clean(folder, at_least=60).bytes > 3_000_000


CONFIG = """\
version: 1
store: sqlite:///dovetail.db
sources:
  - name: shop
    kind: jira
    url: {url}
    auth: {{method: api_token, user: bot@shop.example, token: {{file: token}}}}
    write: {{comments: true}}
  - name: scoped
    kind: jira
    url: {url}
    auth: {{method: bearer, token: {{command: "cat token"}}}}
  - name: boards
    kind: azure_devops
    url: {url}/shop
    auth: {{method: pat, token: {{file: token}}}}
    write: {{comments: true}}
"""


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 409, 429])
def test_a_server_that_repeats_the_credential_gets_it_into_nothing(
    command_line: CommandLine, tmp_path: Path, status: int
) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    (folder / "token").write_text(CANARY)
    with trap(status) as server:
        (folder / "dovetail.yaml").write_text(CONFIG.format(url=server.url))
        codes = [
            run(command_line, folder, *args)[0]
            for args in (["--verbose", "doctor"], ["--verbose", "--log-format", "json", "pull"], ["status"])
        ]
    assert any("Authorization" in head for head in server.heads)
    assert codes == [1, 4, 0]
    clean(folder, at_least=4)


BROKEN = {
    "the token itself": ("token: {env: JIRA_TOKEN}", f"token: '{CANARY}'"),
    "the token as a list": ("token: {env: JIRA_TOKEN}", f"token: ['{CANARY}']"),
    "under a wrong key": ("token: {env: JIRA_TOKEN}", f"tokn: '{CANARY}'"),
    "two references": ("token: {env: JIRA_TOKEN}", f"token: {{env: JIRA_TOKEN, file: '{CANARY}'}}"),
    "in the address": ("url: http://127.0.0.1:9", "url: 'https://bot:S3CRET-canary@shop.example'"),
    "in the proxy's address": ("url: http://127.0.0.1:9", "url: http://127.0.0.1:9\n    proxy: 'http://a:S3CRET-canary@p:1'"),
    "in the proxy's password": (
        "url: http://127.0.0.1:9",
        f"url: http://127.0.0.1:9\n    proxy: {{url: 'http://p:1', user: a, password: '{CANARY}'}}",
    ),
    "in the store's address": ("version: 1", "version: 1\nstore: 'postgresql+psycopg://a:S3CRET-canary@db.example/x'"),
    "in the store's password": (
        "version: 1",
        f"version: 1\nstore: {{url: 'postgresql+psycopg://a@db.example/x', password: '{CANARY}'}}",
    ),
    "in place of the method": ("method: api_token", f"method: '{CANARY}'"),
}  # fmt: skip


@pytest.mark.parametrize("how", BROKEN)
def test_a_secret_in_the_wrong_place_of_the_configuration_is_not_repeated(
    command_line: CommandLine, tmp_path: Path, how: str
) -> None:
    folder = tmp_path / "wrong"
    folder.mkdir()
    text = (
        "version: 1\nsources:\n  - name: shop\n    kind: jira\n    url: http://127.0.0.1:9\n"
        "    auth: {method: api_token, user: a@b.example, token: {env: JIRA_TOKEN}}\n"
    )
    before, after = BROKEN[how]
    assert before in text
    config = folder / "token"  # an input, which holds the secret
    config.write_text(text.replace(before, after, 1))
    for args in (["sync"], ["--verbose", "doctor"], ["--log-format", "json", "sync"]):
        code, said = run(command_line, folder, "--config", "token", *args)
        assert code == 3, said
    clean(folder)


def test_other_secrets_that_fail_are_not_repeated(command_line: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "failing"
    folder.mkdir()
    (folder / "token").write_text(CANARY)
    auth = "auth: {method: api_token, user: a@b.example, token: {file: token}}"
    start = "version: 1\nsources:\n  - {name: shop, kind: "
    jira = f"{start}jira, url: 'https://shop.invalid', {auth}, "
    app = "auth: {method: entra_app, tenant: contoso, client_id: app, "
    boards = f"{start}azure_devops, url: 'https://dev.azure.com/shop', proxy: 'http://127.0.0.1:9', "
    scenarios = {
        "proxy": f"{jira}proxy: {{url: 'http://127.0.0.1:9', user: a, password: {{file: token}}}}}}\n",
        "authority": f"{jira}tls: {{ca: token}}}}\n",
        "client key": f"{jira}tls: {{client_certificate: token, client_key_password: {{file: token}}}}}}\n",
        "command": jira.replace("{file: token}", f"{{command: [sh, -c, 'echo {CANARY} >&2; exit 1']}}")
        + "}\n",
        "keyring": jira.replace("{file: token}", "{keyring: dovetail/nobody}") + "}\n",
        "application": f"{boards}{app}secret: {{file: token}}}}}}\n",
        "certificate": f"{boards}{app}certificate: {{file: token}}, passphrase: {{file: token}}}}}}\n",
        "store": "version: 1\nstore: {url: 'postgresql+psycopg://a@127.0.0.1:9/x?connect_timeout=2', "
        "password: {file: token}}\nsources: [{name: plans, kind: project_file, path: plans/*.xml}]\n",
        "whole store": "version: 1\nstore: {url: {file: secret}}\n"
        "sources: [{name: plans, kind: project_file, path: plans/*.xml}]\n",
    }
    (folder / "secret").write_text("postgresql+psycopg://a:S3CRET-canary@127.0.0.1:9/x?connect_timeout=2\n")
    for name, text in scenarios.items():
        (folder / "proxy-password").write_text(text)  # an input: the command's words are in it
        expected = (7,) if "store" in name else (1, 3, 4)
        for args in (["--verbose", "doctor"], ["--verbose", "--log-format", "json", "pull"]):
            code, said = run(command_line, folder, "--config", "proxy-password", *args)
            assert code in (*expected, 1), (name, args, said)
            assert "defect" not in said, (name, said)
    clean(folder, at_least=2 * len(scenarios))


def test_nothing_that_an_item_links_to_is_ever_fetched(
    origin: Path, command_line: CommandLine, tmp_path: Path
) -> None:
    folder = tmp_path / "links"
    with trap() as elsewhere, a_world(origin, folder, command_line) as world:
        world.succeed("pull")
        number = int(next(row["key"] for row in world.export("item") if row["source"] == "boards"))
        # 127.0.0.1 stands for what an address in data would reach inside a company's network.
        address = f"{elsewhere.url}/latest/meta-data/"
        world.boards.link(number, "Hyperlink", address)
        world.boards.edit_item(number, {"System.Description": f'<img src="{address}">'})
        world.succeed("doctor")
        world.succeed("sync")
        with open_store(f"sqlite:///{folder / 'dovetail.db'}") as store:
            linked = store.read("tracker_item", ("linked_urls",))["linked_urls"]
        assert sum(address in one for one in linked) == 1  # it was read, as text
    assert elsewhere.heads == []


def test_without_write_no_tracker_gets_a_writing_request(
    origin: Path, command_line: CommandLine, tmp_path: Path
) -> None:
    folder = tmp_path / "reading"
    with a_world(origin, folder, command_line) as world:
        _take_writing_out(folder / "dovetail.yaml")
        plans = {path: path.read_bytes() for path in (folder / "plans").rglob("*") if path.is_file()}
        world.reset()
        for args in (
            ["doctor"], ["sync", "--dry-run"], ["plan", "--out", "plan.json"], ["apply", "plan.json"],
            ["sync"], ["sync", "--full"], ["reconcile"],
        ):  # fmt: skip
            world.succeed(*args)
        assert world.writes() == {"shop": 0, "boards": 0}
        assert sum(world.control("requests")["by_template"].values()) > 10
        assert len(world.boards.requests) > 10
        assert {path: path.read_bytes() for path in plans} == plans
        assert {path for path in (folder / "plans").rglob("*") if path.is_file()} == set(plans)
        assert json.loads((folder / "plan.json").read_text())["writes"] == []


def _take_writing_out(config: Path) -> None:
    """Remove every `write:` block: its line and all that is indented below it."""
    kept: list[str] = []
    depth: int | None = None
    for line in config.read_text().splitlines():
        indent = len(line) - len(line.lstrip())
        if depth is not None and line.strip() and indent > depth:
            continue
        depth = None
        if line.strip().startswith("write:"):
            depth = indent
            continue
        kept.append(line)
    config.write_text("\n".join(kept) + "\n")
    assert "write:" not in config.read_text()
