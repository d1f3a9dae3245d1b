import msgspec

from aigw_dev.core.dialects.bedrock.usage import read_usage
from aigw_dev.core.exchange import Usage


def test_input_includes_what_was_cached_and_written() -> None:
    text = b'{"inputTokens":16,"outputTokens":9,"totalTokens":2442,"cacheReadInputTokens":30,"cacheWriteInputTokens":2387}'
    usage = read_usage(msgspec.Raw(text))
    assert usage is not None
    assert usage == Usage(input=2433, output=9, cached_input=30, cache_write=2387, raw=msgspec.Raw(text))
    assert usage.input + usage.output == 2442


def test_one_count_is_enough_and_none_is_no_usage() -> None:
    assert read_usage(None) is None
    assert read_usage(msgspec.Raw(b"{}")) is None
    assert read_usage(msgspec.Raw(b'{"inputTokens":"many"}')) is None
    usage = read_usage(msgspec.Raw(b'{"outputTokens":3}'))
    assert usage is not None
    assert (usage.input, usage.output) == (0, 3)
    usage = read_usage(msgspec.Raw(b'{"inputTokens":3}'))
    assert usage is not None
    assert (usage.input, usage.output) == (3, 0)
