"""A hand-written answer, or one recorded in another dialect, as the provider asked would have said it."""

import msgspec

from aigw_dev.core.recording.fixture import Response
from aigw_dev.server.testbench.stubs import Stub
from aigw_dev.server.trail import Trail


def stubbed(stub: Stub, trail: Trail) -> Response:
    """What a stub answers this call with."""
    response = stub.response if stub.response is not None else Response(synth=stub.synth, status=stub.status)
    return in_dialect(response, trail)


def in_dialect(response: Response, trail: Trail) -> Response:
    """`response` ready to be given out: a hand-written one built, one of another dialect said again in the provider's."""
    exchange = trail.exchange
    if response.synth is not None:
        from aigw_dev.core.recording.synth import build

        built = build(
            response.synth,
            dialect=trail.dialect,
            model=trail.attempt.request_model,
            is_stream=exchange.is_stream,
            created=int(exchange.started_at),
        )
        if response.status != built.status:
            built = msgspec.structs.replace(built, status=response.status)
        return built
    if response.dialect and response.dialect != trail.dialect:
        from aigw_dev.core.recording.recode import recode

        return recode(
            response,
            source=response.dialect,
            target=trail.dialect,
            is_stream=exchange.is_stream,
            model=trail.attempt.request_model,
        )
    return response
