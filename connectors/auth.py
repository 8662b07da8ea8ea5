"""Credentials: always references, resolved at the last moment, never shown.

A secret exists as text only inside `resolve()` and the session that was built with it.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from portfolio.errors import ConfigError
from portfolio.secrets import remember

_COMMAND_TIMEOUT_SECONDS = 30


class _Model(BaseModel):
    # A value that was put in the wrong place may be a secret: no message repeats it.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SecretRef(_Model):
    """Where a secret is: an environment variable, a file, a command's output or the keyring; exactly one."""

    env: str | None = Field(default=None, description="name of an environment variable")
    file: str | None = Field(default=None, description="path of a file that holds nothing else")
    command: str | list[str] | None = Field(
        default=None, description="a program that prints it; no shell is involved"
    )
    keyring: str | None = Field(default=None, description="service/user name in the system's keyring")

    @model_validator(mode="before")
    @classmethod
    def _no_plain_text(cls, data: Any) -> Any:
        if isinstance(data, str):
            # The value must not reach pydantic's message, which would quote it.
            raise ValueError("a secret is never written down here: use {env: NAME}, {file: PATH}, … instead")  # noqa: TRY004
        return data

    @model_validator(mode="after")
    def _exactly_one(self) -> SecretRef:
        given = [name for name in ("env", "file", "command", "keyring") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError("name exactly one of env, file, command, keyring")
        return self

    def __str__(self) -> str:
        if self.command:
            # Arguments may say more than they should.
            return f"the output of {Path(_words(self.command)[0]).name}"
        if self.env:
            return f"the environment variable {self.env}"
        return f"the file {self.file}" if self.file else f"the keyring entry {self.keyring}"

    def resolve(self, folder: Path | None = None) -> str:
        """The secret itself. Relative files start at `folder`.

        Raises:
            ConfigError: it is not there, or empty; the message names the reference, never a value.
        """
        try:
            value = self._read(folder or Path()).strip()
        except (OSError, subprocess.SubprocessError, UnicodeDecodeError) as error:
            hint = "Check that it exists and may be read."
            raise ConfigError(f"Cannot read {self} ({type(error).__name__}).", hint=hint) from None
        if not value:
            raise ConfigError(
                f"There is no secret in {self}.", hint="Set it, or name another place under auth."
            )
        remember(value)
        return value

    def _read(self, folder: Path) -> str:
        if self.env:
            return os.environ.get(self.env, "")
        if self.file:
            return (folder / Path(self.file).expanduser()).read_text(encoding="utf-8")
        if self.command:
            done = subprocess.run(  # noqa: S603 - the administrator's own command, without a shell
                _words(self.command),
                capture_output=True,
                check=True,
                timeout=_COMMAND_TIMEOUT_SECONDS,
                text=True,
            )
            return done.stdout
        return _from_keyring(self.keyring or "")


class ApiToken(_Model):
    """Jira Cloud: the account's e-mail address and an API token."""

    method: Literal["api_token"]
    user: str = Field(min_length=1)
    token: SecretRef


class Bearer(_Model):
    """An access token sent as it is."""

    method: Literal["bearer"]
    token: SecretRef


class NoAuth(_Model):
    """No credential at all: for simulators and public sites."""

    method: Literal["none"]


class Pat(_Model):
    """Azure DevOps: a personal access token of one organisation."""

    method: Literal["pat"]
    token: SecretRef


class EntraApp(_Model):
    """An application of Microsoft Entra with a client secret or a certificate."""

    method: Literal["entra_app"]
    tenant: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*$", description="id or domain of the tenant")
    client_id: str = Field(min_length=1)
    secret: SecretRef | None = None
    certificate: SecretRef | None = Field(
        default=None, description="PEM text that holds the private key and the certificate"
    )
    passphrase: SecretRef | None = Field(default=None, description="of the certificate's private key")

    @model_validator(mode="after")
    def _secret_or_certificate(self) -> EntraApp:
        if (self.secret is None) == (self.certificate is None):
            raise ValueError("give exactly one of secret and certificate")
        if self.passphrase is not None and self.certificate is None:
            raise ValueError("passphrase belongs to certificate")
        return self


class ManagedIdentity(_Model):
    """The identity that Azure gives the machine; `client_id` names one of several assigned by users."""

    method: Literal["managed_identity"]
    client_id: str | None = None


Auth: TypeAlias = Annotated[ApiToken | Bearer | NoAuth, Field(discriminator="method")]
MicrosoftAuth: TypeAlias = Annotated[
    Pat | EntraApp | ManagedIdentity | Bearer | NoAuth, Field(discriminator="method")
]


def _words(command: str | list[str]) -> list[str]:
    return shlex.split(command) if isinstance(command, str) else list(command)


def _from_keyring(entry: str) -> str:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        hint = "pipx inject dovetail keyring"
        raise ConfigError("The keyring needs the extra `keyring`.", hint=hint) from None
    service, _, user = entry.rpartition("/")
    try:
        return keyring.get_password(service or entry, user) or ""
    except KeyringError as error:
        message = f"The keyring cannot be read ({type(error).__name__})."
        raise ConfigError(message, hint="Unlock it, or name another place under auth.") from None
