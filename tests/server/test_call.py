"""The rules of the upstream seam, kept by every sender there is."""

from collections.abc import AsyncIterator

import pytest

from aigw_dev.core.errors import UpstreamError
from aigw_dev.server.call import Call, Reply, Sender
from aigw_dev.server.embedded import Embedded
from aigw_dev.server.upstream import Upstream
from tests.scripted import ScriptedUpstream
from tests.server.providers import whole

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[Upstream, Embedded])
async def sender(request: pytest.FixtureRequest) -> AsyncIterator[Sender]:
    made: Sender = Upstream({}) if request.param is Upstream else Embedded()
    yield made
    await made.aclose()


async def asked(sender: Sender, scripted: ScriptedUpstream) -> Reply:
    """A good reply, from the scripted upstream or made in this process."""
    scripted.enqueue(whole())
    body = b'{"model":"echo","messages":[{"role":"user","content":"Hello"}]}'
    url = f"{scripted.url}/v1/chat/completions"
    headers = [(b"content-type", b"application/json")]
    return await sender.send(Call(method="POST", url=url, headers=headers, body=body))


async def test_a_reply_has_its_head_at_once_and_its_body_when_read(
    sender: Sender, scripted: ScriptedUpstream
) -> None:
    reply = await asked(sender, scripted)
    assert reply.status == 200
    assert all(name == name.lower() for name, _ in reply.headers)
    assert b"Hello" in b"".join([piece async for piece in reply.chunks()])
    assert reply.is_complete


async def test_a_body_past_the_limit_is_a_protocol_error(sender: Sender, scripted: ScriptedUpstream) -> None:
    reply = await asked(sender, scripted)
    with pytest.raises(UpstreamError) as caught:
        await reply.read(4)
    assert caught.value.code == "upstream_protocol"


async def test_cancelling_is_allowed_at_any_time_and_often(
    sender: Sender, scripted: ScriptedUpstream
) -> None:
    reply = await asked(sender, scripted)
    reply.cancel()
    reply.cancel()


def test_a_call_has_ten_seconds_to_connect_and_follows_the_environments_proxy() -> None:
    call = Call(method="POST", url="https://a.test/v1", headers=[])
    assert (call.connect_timeout_s, call.proxy, call.body) == (10.0, None, None)
