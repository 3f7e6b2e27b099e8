"""The certificate of a configuration, read where it is needed: its key is not for everybody who reads the file."""

from citynerve.configuration import Configuration
from connectors.http.tls import Certificate, CertificateError
from events.place import Problem, Problems


def certificate(settings: Configuration) -> Certificate | None:
    """Return the certificate that events are taken with, None where they are taken over plain HTTP.

    Raises
    ------
    Problems
        it cannot be used, told at the place that names it
    """
    if settings.tls is None:
        return None
    try:
        return Certificate(*settings.tls)
    except CertificateError as error:
        place = settings.places[f"http.tls.{error.what}"]
        en, zh = f"{error.path}: {error.en}", f"{error.path}:{error.zh}"
        raise Problems([Problem("C004", place, en, zh)]) from None
