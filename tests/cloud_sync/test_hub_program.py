"""The hub as a program: its start, its end, and its own certificate."""

import asyncio
import json
import signal
import ssl
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from cloud_sync.errors import CentralAway
from cloud_sync.hub.__main__ import main, run_until_told
from cloud_sync.hub.server import open_hub
from cloud_sync.line import CentralLine
from cloud_sync.sinks.http import HttpSink
from tests.cloud_sync.builders import NOW, make_records
from tests.cloud_sync.fakes import fixed_clock
from tests.cloud_sync.running import STORE_KEY, hub_settings, make_line
from tests.patience import patient, until


async def test_it_announces_its_port_and_ends_on_a_signal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = ""

    def announced() -> bool:
        nonlocal said
        said += capsys.readouterr().out
        return bool(said)

    program = asyncio.create_task(run_until_told(hub_settings(tmp_path)))
    await until(announced)
    async with make_line(json.loads(said)["port"]) as line:
        assert (await line.get("/healthz", {})).status == 200
    signal.raise_signal(signal.SIGTERM)
    async with asyncio.timeout(patient(5)):
        await program


def test_it_serves_what_the_file_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[int] = []

    async def serve_once(settings: object) -> None:
        served.append(getattr(settings, "port", -1))

    config = tmp_path / "hub.toml"
    config.write_text(
        'port = 0\ndata_dir = "hub"\ncentral_key = "central-key-of-the-tests"\n'
        "store_keys = {}\n",
        encoding="utf-8",
    )
    monkeypatch.setattr("cloud_sync.hub.__main__.run_until_told", serve_once)
    monkeypatch.setattr("sys.argv", ["hub", "--config", str(config)])
    assert main() == 0
    assert served == [0]


def test_it_says_in_one_line_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["hub", "--config", str(tmp_path / "none.toml")])
    assert main() == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "No such file" in error


def write_certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=3650))
        .not_valid_after(NOW + timedelta(days=3650))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_file, key_file


async def test_events_cross_a_network_under_tls_to_a_hub_that_is_trusted(
    tmp_path: Path,
) -> None:
    cert, key = write_certificate(tmp_path)
    settings = hub_settings(tmp_path).model_copy(update={"tls_cert": cert, "tls_key": key})
    trusting = ssl.create_default_context(cafile=cert)
    async with open_hub(settings) as port:
        address = f"https://127.0.0.1:{port}"
        async with CentralLine(address, STORE_KEY, clock=fixed_clock, tls=trusting) as line:
            outcomes = await HttpSink(line).send(make_records(1), NOW)
        assert [outcome.verdict for outcome in outcomes] == ["accepted"]
        async with CentralLine(address, STORE_KEY, clock=fixed_clock) as line:
            with pytest.raises(CentralAway, match="Certificate"):
                await line.get("/healthz", {})
