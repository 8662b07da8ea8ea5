"""Secrets are references, resolved late, and never shown."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from connectors.auth import Auth, SecretRef
from portfolio.errors import ConfigError

CANARY = "S3CRET-canary"


def test_a_secret_comes_from_the_environment_at_the_last_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    reference = SecretRef(env="JIRA_TOKEN")
    monkeypatch.setenv("JIRA_TOKEN", CANARY)
    assert reference.resolve() == CANARY


def test_a_secret_comes_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{CANARY}\n")
    assert SecretRef(file="token").resolve(tmp_path) == CANARY


def test_a_secret_comes_from_a_command_without_a_shell(tmp_path: Path) -> None:
    printing = [sys.executable, "-c", f"print('{CANARY}')"]
    assert SecretRef(command=printing).resolve() == CANARY
    marker = tmp_path / "made by a shell"
    with pytest.raises(ConfigError):
        SecretRef(command=f"no-such-program; touch '{marker}'").resolve()
    assert not marker.exists()


def test_a_secret_comes_from_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring

    asked: list[tuple[str, str]] = []

    def get(service: str, user: str) -> str:
        asked.append((service, user))
        return CANARY

    monkeypatch.setattr(keyring, "get_password", get)
    assert SecretRef(keyring="dovetail/bot@shop.example").resolve() == CANARY
    assert asked == [("dovetail", "bot@shop.example")]


@pytest.mark.parametrize(
    "reference",
    [SecretRef(env="DOVETAIL_NOT_SET"), SecretRef(file="/no/such/file"), SecretRef(command="false")],
    ids=str,
)
def test_a_missing_secret_is_named_by_its_reference(reference: SecretRef) -> None:
    with pytest.raises(ConfigError) as caught:
        reference.resolve()
    assert caught.value.hint


def test_a_secret_written_down_is_refused_without_being_repeated() -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Auth).validate_python({"method": "bearer", "token": CANARY})
    assert "never written down" in str(caught.value)
    assert CANARY not in str(caught.value.errors(include_input=False))


@pytest.mark.parametrize("given", [{}, {"env": "A", "file": "b"}, {"envv": "A"}])
def test_exactly_one_place_is_named(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SecretRef.model_validate(given)


def test_arguments_of_a_command_are_not_shown() -> None:
    reference = SecretRef(command=["/usr/bin/vault", "read", CANARY])
    assert str(reference) == "the output of vault"
