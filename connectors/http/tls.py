"""The certificate of a server: checked when it is read, and read again when its files change.

Certificates are renewed every few weeks, and an engine runs for years.
"""

import ssl
from pathlib import Path
from typing import Literal

from events.unreadable import reason

Part = Literal["certificate", "key"]


class CertificateError(ValueError):
    """A certificate or a key that cannot be used: which of them (`what`), its file, and why (`en`, `zh`)."""

    def __init__(self, what: Part, path: Path, en: str, zh: str) -> None:
        super().__init__(f"{path}: {en}")
        self.what, self.path, self.en, self.zh = what, path, en, zh


class Certificate:
    """A certificate, with those that vouch for it, and its private key: PEM files.

    Attributes
    ----------
    context
        what a server takes connections with; those that come after a renewal see the new certificate

    Raises
    ------
    CertificateError
        they cannot be used
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate, self._key = certificate, key
        self.context = _context()
        self._seen = self._look()
        _load(self.context, certificate, key)

    def renew(self) -> bool:
        """Take the files again if they have changed; return whether they had. Raises as it does when it is made.

        What cannot be used is told once: the one before stays in use.
        """
        seen = self._look()
        if seen == self._seen:
            return False
        self._seen = seen
        _load(_context(), self._certificate, self._key)  # a pair that does not match would leave half of it
        _load(self.context, self._certificate, self._key)
        return True

    def _look(self) -> list[tuple[int, int, int] | None]:
        return [_stat(path) for path in (self._certificate, self._key)]


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _stat(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _load(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    parts: tuple[tuple[Part, Path], ...] = (("certificate", certificate), ("key", key))
    for what, path in parts:
        try:
            path.read_bytes()
        except OSError as error:
            raise CertificateError(what, path, *reason(error)) from None
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except _Encrypted:
        why = "the key is encrypted; write it without a passphrase", "私钥已加密,请改用不带口令的私钥"
        raise CertificateError("key", key, *why) from None
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            why = "the key is not that of the certificate", "私钥与证书不匹配"
            raise CertificateError("key", key, *why) from None
        if b"PRIVATE KEY-----" not in key.read_bytes():
            raise CertificateError("key", key, "it has no private key in PEM", "文件中没有 PEM 格式的私钥") from None
        why = "it has no certificate in PEM, or a damaged one", "文件中没有 PEM 格式的证书,或证书已损坏"
        raise CertificateError("certificate", certificate, *why) from None


class _Encrypted(Exception):
    """A key asks for a passphrase."""


def _no_password() -> str:
    raise _Encrypted
