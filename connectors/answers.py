"""What an answer is worth: whose fault it is, whom to tell, and whether a byte of it may be believed.

Pure functions over one complete answer; `connectors/http.py` sends and repeats.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import msgspec

from portfolio.errors import (
    AccessDenied,
    AuthError,
    BadAnswer,
    ConfigError,
    Rejected,
    SourceError,
    TargetMissing,
    Unavailable,
    Unsupported,
)

_REQUEST_IDS = (
    "X-Request-Id",
    "ATL-TraceId",
    "X-ARequestId",
    "X-MS-Request-Id",
    "request-id",
    "x-vss-e2eid",
    "ActivityId",
)
# Microsoft's codes stand in the message, whatever its language (facts/azure_devops.md §13).
_STOPPED = b"TF24668"
_BLOCKED = b"TF400733"
_SIGN_IN = ("/_signin", "//login.microsoftonline.com/", "//login.live.com/")


class OutcomeUnknown(Unavailable):
    """The request may or may not have had its effect. Look before anything is repeated."""


class Refusal(Rejected):
    """A 4xx with the tracker's own words, kept apart from the message and shortened, for receipts."""

    def __init__(
        self,
        source: str,
        message: str,
        *,
        status: int,
        words: Sequence[str] = (),
        fields: Mapping[str, str] | None = None,
        code: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(source, message, hint=hint)
        self.status = status
        self.code = code  # the tracker's name for this kind of error, where it has names
        self.words = tuple(words)
        self.fields = dict(fields or {})

    @property
    def reason(self) -> str:
        """The tracker's words in one line, or the message where it said nothing."""
        return "; ".join([*self.words, *self.fields.values()]) or self.message


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A complete answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def request_id(self) -> str | None:
        """What the tracker's support asks for."""
        return next((self.headers[name][:80] for name in _REQUEST_IDS if name in self.headers), None)

    def on(self, path: str) -> str:
        """The beginning of every error message: status, path and request id, never the body."""
        request = f" (request {self.request_id})" if self.request_id else ""
        return f"{self.status} on {path}{request}"


def is_loopback(host: str | None) -> bool:
    """True for localhost and loopback addresses, the only hosts that may be spoken to without TLS."""
    if not host:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, normalised.

    Raises:
        ConfigError: not an absolute http(s) URL, with credentials inside, or without TLS to another machine.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigError(
            "A url cannot be read.", hint="Write it like https://shop.atlassian.net."
        ) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError("A url is not absolute.", hint="Write it like https://shop.atlassian.net.")
    if parts.username or parts.password:
        raise ConfigError(
            f"The url of {parts.hostname} holds a user name.", hint="Credentials go under auth."
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ConfigError(f"The url of {parts.hostname} is without TLS.", hint="Use https://.")
    return f"{parts.scheme}://{parts.hostname}:{port or (443 if parts.scheme == 'https' else 80)}"


def check_identity(source: str, answer: Answer, path: str) -> None:
    """The answer is one to us, from the API: no sign-in page, no redirect, no anonymous leftovers.

    Raises:
        AuthError: 401, 203, or a login header that says the credential was not used.
        BadAnswer: a redirect, which is never followed with a credential.
    """
    login = answer.headers.get("X-Seraph-LoginReason", "")
    if answer.status in (401, 203) or "AUTHENTICATED_FAILED" in login or "AUTHENTICATION_DENIED" in login:
        raise AuthError(
            source,
            f"{answer.on(path)}: the credential is not accepted.",
            hint="Check the credential and its expiry under auth.",
        )
    if 300 <= answer.status < 400:
        location = answer.headers.get("Location") or ""
        if any(word in location.lower() for word in _SIGN_IN):
            raise AuthError(
                source,
                f"{answer.on(path)}: sent to a sign-in page.",
                hint="Check the credential and its expiry under auth.",
            )
        raise BadAnswer(
            source,
            f"{answer.on(path)}: redirected to {_host_of(location)}.",
            hint="Redirects are never followed. Was the site renamed, or is it a sign-in page?",
        )


def _host_of(location: str) -> str:
    try:
        host = urlsplit(location).hostname
    except ValueError:
        return "an address that cannot be read"
    return host[:100] if host else "another path"


def is_throttled(answer: Answer) -> bool:
    """429, or a refusal that names the vendor's code for a blocked client."""
    return answer.status == 429 or (answer.status in (403, 503) and _BLOCKED in answer.body)


def is_stopped(answer: Answer) -> bool:
    """A site that its vendor or administrator has switched off: trying again within a run is no use."""
    if answer.status != 503:
        return False
    return _STOPPED in answer.body or _STOPPED.decode() in answer.headers.get("X-TFS-ServiceError", "")


def check_type(source: str, answer: Answer, path: str) -> None:
    """The body of a success is JSON, where there is one.

    Raises:
        AuthError: a web page.
        BadAnswer: anything else.
    """
    if answer.status == 204 or not answer.body:
        return
    kind = answer.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        return
    if kind in ("text/html", "application/xhtml+xml"):
        raise AuthError(
            source,
            f"{answer.on(path)}: answered with a web page, probably a sign-in page.",
            hint="Check url and the credential; a proxy or single sign-on may stand in between.",
        )
    raise BadAnswer(source, f"{answer.on(path)}: answered with {kind or 'no content type'} instead of JSON.")


def refusal_of(source: str, answer: Answer, path: str) -> SourceError:
    """The error for a 4xx that is neither a sign-in nor a rate limit."""
    where = answer.on(path)
    if answer.status == 403:
        hint = "The account or the token's scopes lack this permission."
        return AccessDenied(source, f"{where}: not allowed.", hint=hint)
    if answer.status == 404:
        return TargetMissing(source, f"{where}: does not exist, or may not be seen.")
    if answer.status == 410:
        return Unsupported(source, f"{where}: this API has been retired.", hint="Update Dovetail.")
    words, fields, code = _words(answer.body)
    return Refusal(source, f"{where}: refused.", status=answer.status, words=words, fields=fields, code=code)


class _BrokenRule(msgspec.Struct, rename="camel"):
    field_reference_name: str = ""
    field_status_flags: str = ""
    error_message: str = ""


class _Properties(msgspec.Struct, rename="pascal"):
    rule_validation_errors: list[_BrokenRule] = []


class _ErrorBody(msgspec.Struct, rename="camel"):
    """The error bodies of the trackers' APIs, laid over one another; each uses some of the names."""

    error_messages: list[str] = []
    errors: dict[str, str] = {}
    message: str | None = None
    type_key: str | None = None
    custom_properties: _Properties | None = None


_ERROR_BODY = msgspec.json.Decoder(_ErrorBody)


def _words(body: bytes) -> tuple[list[str], dict[str, str], str]:
    """The tracker's own words, by field where it names fields, and its code; nothing for another shape."""
    try:
        parsed = _ERROR_BODY.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return [], {}, ""
    messages = parsed.error_messages + ([parsed.message] if parsed.message else [])
    fields = {key[:100]: text[:300] for key, text in list(parsed.errors.items())[:20]}
    rules = parsed.custom_properties.rule_validation_errors if parsed.custom_properties else []
    for rule in rules[:20]:
        said = rule.error_message or f"{rule.field_reference_name}: {rule.field_status_flags}"
        fields[rule.field_reference_name[:100]] = said[:300]
    return [text[:300] for text in messages[:5]], fields, (parsed.type_key or "")[:100]
