"""C2PA manifests with a certificate made on the spot; no service is asked, and nothing is time-stamped."""

import datetime as dt
import io
import json
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gamutmeta.carriers import HostFormat, host_format

_MIME: Final[dict[HostFormat, str]] = {"jpeg": "image/jpeg", "png": "image/png", "tiff": "image/tiff"}
_CAPTURE = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
Key = Any
"""An elliptic curve's private key."""
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a C2PA reader says ("Trusted" if all is well and the certificate is ours), and codes of its checks."""

    state: str
    successes: tuple[str, ...]
    failures: tuple[str, ...]


def sign(data: bytes, *, padding: int = 0) -> bytes:
    """Add a manifest to a JPEG, PNG or TIFF, with so many bytes of no meaning, and sign it."""
    definition: dict[str, Any] = {
        "claim_generator_info": [{"name": "gamutmeta tests", "version": "1"}],
        "title": "a photograph",
        "assertions": [
            {"label": "c2pa.actions", "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": _CAPTURE}]}}
        ],
    }
    if padding:
        definition["assertions"].append({"label": "org.gamutmeta.padding", "data": {"padding": "x" * padding}})
    credentials = _credentials()
    info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, credentials.chain, credentials.key, None)
    signed = io.BytesIO()
    with (
        c2pa.Context.from_dict(credentials.settings) as context,
        c2pa.Signer.from_info(info) as signer,
        c2pa.Builder(definition, context=context) as builder,
    ):
        builder.sign(signer, _MIME[host_format(data)], io.BytesIO(data), signed)
    return signed.getvalue()


def read(data: bytes) -> Manifest | None:
    """Read and validate the manifest; None if there is none."""
    with c2pa.Context.from_dict(_credentials().settings) as context:
        try:
            reader = c2pa.Reader(_MIME[host_format(data)], io.BytesIO(data), context=context)
        except c2pa.C2paError.ManifestNotFound:
            return None
        with reader:
            state = json.loads(reader.json())["validation_state"]
            found = (reader.get_validation_results() or {}).get("activeManifest", {})
    codes = {kind: tuple(status["code"] for status in found.get(kind, [])) for kind in ("success", "failure")}
    return Manifest(state, codes["success"], codes["failure"])


@dataclass(frozen=True, slots=True)
class _Credentials:
    """A signer's certificate with its root (PEM), the signer's key (PEM), and settings that trust the root."""

    chain: bytes
    key: bytes
    settings: dict[str, Any]


@cache
def _credentials() -> _Credentials:
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _certificate("root", root_key, "root", root_key, is_authority=True)
    signer = _certificate("signer", key, "root", root_key, is_authority=False)
    pem = [certificate.public_bytes(serialization.Encoding.PEM) for certificate in (signer, root)]
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    settings = {"trust": {"user_anchors": pem[1].decode()}, "verify": {"verify_trust": True}}
    return _Credentials(b"".join(pem), private, settings)


def _certificate(subject: str, key: Key, issuer: str, issuer_key: Key, *, is_authority: bool) -> x509.Certificate:
    """A certificate as C2PA wants them: version 3, with key identifiers, and usages that fit."""
    now = dt.datetime.now(dt.UTC)
    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
              "decipher_only")  # fmt: skip
    usage = x509.KeyUsage(
        digital_signature=not is_authority, key_cert_sign=is_authority, crl_sign=is_authority,
        **dict.fromkeys(others, False),
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + 30 * _DAY)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if not is_authority:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purpose, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _name(common: str) -> x509.Name:
    names = {NameOID.COMMON_NAME: common, NameOID.ORGANIZATION_NAME: "gamutmeta tests"}
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in names.items()])
