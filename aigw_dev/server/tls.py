"""Which certificates upstream TLS trusts: the system's store, and SSL_CERT_FILE and SSL_CERT_DIR beside it.

Linux: the paths this Python's OpenSSL was built with. macOS: the keychain through `truststore` where that is installed.
Windows: the system stores. Where none of these yields a certificate (some relocated Pythons), certifi's bundle.
Building one takes 10 to 50 ms, so it happens once and in a thread.
"""

import asyncio
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path

from aigw_dev.core.errors import UpstreamError


class TlsContexts:
    """The one TLS context of a gateway, made at first use, off the event loop."""

    def __init__(self, env: Mapping[str, str]) -> None:
        """Reads SSL_CERT_FILE and SSL_CERT_DIR from `env` now; the files when the first TLS call is made."""
        self._file = env.get("SSL_CERT_FILE", "")
        self._dir = env.get("SSL_CERT_DIR", "")
        self._context: ssl.SSLContext | None = None
        self._building: asyncio.Task[ssl.SSLContext] | None = None

    async def get(self) -> ssl.SSLContext:
        """The context; raises `UpstreamError` (`tls_failed`) if SSL_CERT_FILE or SSL_CERT_DIR cannot be used."""
        if self._context is not None:
            return self._context
        if self._building is None:
            self._building = asyncio.create_task(self._build(), name="upstream-tls-context")
        # A caller that gives up must not take the context away from the others that wait for it.
        return await asyncio.shield(self._building)

    async def _build(self) -> ssl.SSLContext:
        try:
            self._context = await asyncio.to_thread(build_context, self._file, self._dir)
            return self._context
        finally:
            self._building = None


def build_context(cert_file: str, cert_dir: str) -> ssl.SSLContext:
    """A verifying client context, TLS 1.2 or later, HTTP/1.1 only. Reads files: call it in a thread."""
    context = _system_context()
    for name, place in (("SSL_CERT_FILE", cert_file), ("SSL_CERT_DIR", cert_dir)):
        if place:
            _load(context, name, Path(place))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def _load(context: ssl.SSLContext, name: str, place: Path) -> None:
    try:
        if place.is_dir():
            context.load_verify_locations(capath=str(place))
        else:
            context.load_verify_locations(cafile=str(place))
    except (OSError, ssl.SSLError) as error:
        raise UpstreamError(
            f"{name} names {place}, which holds no usable certificates ({error})",
            code="tls_failed",
            hint=f"Point {name} at a PEM file or unset it.",
            is_sent=False,
        ) from error


def _system_context() -> ssl.SSLContext:
    if sys.platform == "darwin":
        try:
            import truststore
        except ImportError:
            pass
        else:
            return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not _load_system(context):
        _load_certifi(context)
    return context


def _load_system(context: ssl.SSLContext) -> bool:
    """Load the system's certificates; False if there seem to be none.

    `load_default_certs` alone would let SSL_CERT_FILE replace the system's bundle; here it adds to it.
    """
    if sys.platform == "win32":
        context.load_default_certs()
        return bool(context.cert_store_stats()["x509_ca"])
    paths = ssl.get_default_verify_paths()
    bundle, folder = Path(paths.openssl_cafile), Path(paths.openssl_capath)
    has_any = False
    if bundle.is_file():
        context.load_verify_locations(cafile=str(bundle))
        has_any = True
    if folder.is_dir() and any(folder.iterdir()):
        context.load_verify_locations(capath=str(folder))
        has_any = True
    return has_any


def _load_certifi(context: ssl.SSLContext) -> None:
    try:
        import certifi
    except ImportError:
        return
    context.load_verify_locations(cafile=certifi.where())
