"""What upstream TLS trusts."""

import asyncio
import ssl
from pathlib import Path

import pytest

from aigw_dev.core.errors import UpstreamError
from aigw_dev.server.tls import TlsContexts, build_context
from tests.certificates import Authority

pytestmark = pytest.mark.anyio


def subjects(context: ssl.SSLContext) -> str:
    return str(context.get_ca_certs())


async def test_the_context_verifies_and_speaks_only_http1_over_modern_tls() -> None:
    context = await TlsContexts({}).get()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


async def test_ssl_cert_file_adds_to_the_systems_store(authority: Authority) -> None:
    system = build_context("", "")
    both = build_context(str(authority.pem), "")
    assert "A test's own CA" in subjects(both)
    assert both.cert_store_stats()["x509_ca"] == system.cert_store_stats()["x509_ca"] + 1


async def test_ssl_cert_file_may_name_a_folder_and_ssl_cert_dir_a_file(
    authority: Authority, tmp_path: Path
) -> None:
    assert "A test's own CA" in subjects(build_context("", str(authority.pem)))
    build_context(str(tmp_path), "")


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
async def test_an_unusable_certificate_file_is_named(name: str, tmp_path: Path) -> None:
    place = tmp_path / "absent.pem"
    with pytest.raises(UpstreamError) as refused:
        await TlsContexts({name: str(place)}).get()
    assert refused.value.code == "tls_failed"
    assert not refused.value.is_sent
    assert name in refused.value.message
    assert str(place) in refused.value.message


async def test_a_mended_certificate_file_is_read_at_the_next_call(
    authority: Authority, tmp_path: Path
) -> None:
    place = tmp_path / "ca.pem"
    place.write_text("not a certificate")
    contexts = TlsContexts({"SSL_CERT_FILE": str(place)})
    with pytest.raises(UpstreamError):
        await contexts.get()
    place.write_bytes(authority.pem.read_bytes())
    assert "A test's own CA" in subjects(await contexts.get())


async def test_the_context_is_made_once_for_all_who_wait() -> None:
    contexts = TlsContexts({})
    first, second = await asyncio.gather(contexts.get(), contexts.get())
    assert first is second
    assert await contexts.get() is first


async def test_one_caller_giving_up_does_not_take_it_from_the_others() -> None:
    contexts = TlsContexts({})
    hasty = asyncio.ensure_future(contexts.get())
    patient = asyncio.ensure_future(contexts.get())
    await asyncio.sleep(0)
    hasty.cancel()
    assert (await patient).verify_mode is ssl.CERT_REQUIRED
    assert hasty.cancelled() or hasty.cancelling()
