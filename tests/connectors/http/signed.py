"""Certificates that vouch for themselves, made by the command line of OpenSSL."""

import shutil
import subprocess

import pytest

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


def signed(folder, name="localhost", *, passphrase=""):
    """Return the files of a certificate and of its key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key.pem"
    words = ["req", "-x509", "-newkey", "rsa:2048", "-days", "2", "-subj", f"/CN={name}"]
    words += ["-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1", "-out", str(certificate), "-keyout", str(key)]
    words += ["-passout", f"pass:{passphrase}"] if passphrase else ["-noenc"]
    subprocess.run(["openssl", *words], check=True, capture_output=True)
    return certificate, key
