"""A certificate authority, servers that speak TLS with its certificates, and a proxy that tunnels to them."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from loopback import answer


class Authority:
    """Issues certificates, as a company does for its own machines."""

    def __init__(self, folder: Path, name: str = "Company CA") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name_of(name)
        self.certificate = self._sign(self._name, self._key, is_authority=True)
        self.file = folder / f"{name.replace(' ', '-')}.pem"
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, *, password: bytes | None = None, valid: bool = True) -> tuple[Path, Path]:
        """A certificate for 127.0.0.1 and localhost under this name, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(_name_of(name), key, is_authority=False, valid=valid)
        paths = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if password is not None:
            protection = serialization.BestAvailableEncryption(password)
        paths[1].write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
        )
        return paths

    def _sign(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_authority: bool, valid: bool = True
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        until = now + timedelta(days=2) if valid else now - timedelta(days=1)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=3))
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )
        if is_authority:
            builder = builder.add_extension(_usage(signs=True), critical=True)
        else:
            names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, hashes.SHA256())


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=signs, crl_sign=signs, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _name_of(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass
class TlsServer:
    """What a server saw: request heads, and the name in each client's certificate."""

    url: str
    body: bytes
    heads: list[str] = field(default_factory=list)
    clients: list[str | None] = field(default_factory=list)


@contextmanager
def tls_server(
    certificate: tuple[Path, Path],
    *,
    body: bytes = answer('{"ok": 1}'),
    clients_of: Authority | None = None,
) -> Iterator[TlsServer]:
    """Serve one answer to everybody; with `clients_of` only to holders of that authority's certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    if clients_of is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients_of.file)
    listener = socket.create_server(("127.0.0.1", 0))
    server = TlsServer(f"https://127.0.0.1:{listener.getsockname()[1]}", body)

    def serve(connection: socket.socket) -> None:
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
            head = _head_of(tls)
            peer = tls.getpeercert() or {}
            names = [str(pair[1]) for part in peer.get("subject", ()) for pair in part]
            server.clients.append(names[0] if names else None)
            server.heads.append(head)
            tls.sendall(server.body)

    with _accepting(listener, serve):
        yield server


@dataclass
class ProxyServer:
    """What a proxy was asked for."""

    url: str
    heads: list[str] = field(default_factory=list)


@contextmanager
def proxy_server(*, account: str | None = None) -> Iterator[ProxyServer]:
    """Tunnel CONNECT requests; with `account` (a Basic value) only for whoever shows it."""
    listener = socket.create_server(("127.0.0.1", 0))
    proxy = ProxyServer(f"http://127.0.0.1:{listener.getsockname()[1]}")

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            head = _head_of(connection)
            proxy.heads.append(head)
            method, target, _ = head.split(" ", 2)
            if method != "CONNECT" or (account and f"Proxy-Authorization: Basic {account}" not in head):
                connection.sendall(answer("", 407 if account else 405))
                return
            host, _, port = target.rpartition(":")
            with socket.create_connection((host, int(port)), timeout=5) as onward:
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_pump, args=(onward, connection), daemon=True)
                back.start()
                _pump(connection, onward)
                back.join(5)

    with _accepting(listener, serve):
        yield proxy


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)


def _head_of(connection: socket.socket) -> str:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            raise OSError("the client went away")
        data += chunk
    return data.partition(b"\r\n\r\n")[0].decode()


@contextmanager
def _accepting(listener: socket.socket, serve: object) -> Iterator[None]:
    def run() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(5)
            threading.Thread(target=serve, args=(connection,), daemon=True).start()  # type: ignore[arg-type]

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
