"""`doctor` says which secrets and files others on this machine can read or change."""

from __future__ import annotations

import json

from command_world import CONFIG, Folder

SECRETS = """\
version: 1
timezone: Europe/Zurich
store: {url: "sqlite:///dovetail.db"}
sources:
  - name: shop
    kind: jira
    url: http://127.0.0.1:9
    auth: {method: api_token, user: bot@shop.example, token: {file: token}}
    tls: {client_certificate: ours.crt, client_key: ours.key}
    proxy: {url: "http://127.0.0.1:9", user: dove, password: {file: proxy}}
  - {name: plans, kind: project_file, path: plans/*.xml}
"""


def permissions(folder: Folder) -> list[tuple[str, str, str]]:
    answer = folder.run("doctor", "--source", "plans", "--format", "json")
    rows = [one for one in json.loads(answer.out) if one["check"] == "permissions"]
    return [
        (one["level"], one["source"], one["message"].replace(f"{folder.path.resolve()}/", "")) for one in rows
    ]


def test_secrets_that_others_can_read_or_change_are_named_with_what_to_do(folder: Folder) -> None:
    folder.configure(SECRETS)
    folder.add_plan()
    for name, bits in (("token", 0o640), ("ours.key", 0o644), ("proxy", 0o606), ("ours.crt", 0o644)):
        (folder.path / name).write_text("S3CRET-canary")
        (folder.path / name).chmod(bits)
    assert permissions(folder) == [
        ("WARN", "shop", "ours.key: the secret can be read by everybody"),
        ("WARN", "shop", "proxy: the secret can be changed by everybody"),
        ("WARN", "shop", "token: the secret can be read by its group"),
    ]
    for name in ("token", "ours.key", "proxy"):
        (folder.path / name).chmod(0o600)
    assert permissions(folder) == [
        ("OK", "dovetail", "the store is this account's alone, and 3 files with secrets")
    ]


def test_a_configuration_that_others_can_change_and_a_store_they_can_read_are_named(office: Folder) -> None:
    office.run("sync", "--today", "2026-11-24")
    assert permissions(office) == [("OK", "dovetail", "the store is this account's alone")]
    (office.path / "dovetail.yaml").chmod(0o666)
    (office.path / "dovetail.db").chmod(0o644)
    assert permissions(office) == [
        ("WARN", "configuration", "dovetail.yaml: it can be changed by everybody"),
        ("WARN", "store", "dovetail.db: it can be read by everybody"),
    ]
    assert "project_file" in CONFIG
