import msgspec
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core import usage_parts
from aigw_dev.core.exchange import Usage

_COUNTS = st.one_of(st.none(), st.integers(0, 10**6), st.floats(0, 10**6))
_DETAILS = st.one_of(
    st.none(), st.fixed_dictionaries({}, optional={"audio_tokens": _COUNTS, "image_tokens": _COUNTS})
)


def _fine(wire: dict[str, object]) -> tuple[str, tuple[int, ...]]:
    return usage_parts.read_fine(msgspec.Raw(msgspec.json.encode(wire)))


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "service_tier": st.sampled_from([None, "default", "flex"]),
            "cache_creation": st.fixed_dictionaries({}, optional={"ephemeral_1h_input_tokens": _COUNTS}),
            "prompt_tokens_details": _DETAILS,
            "input_tokens_details": _DETAILS,
            "completion_tokens_details": _DETAILS,
            "output_tokens_details": _DETAILS,
            "input_token_details": _DETAILS,
            "output_token_details": _DETAILS,
            "server_tool_use": st.fixed_dictionaries({}, optional={"web_search_requests": _COUNTS}),
        },
    )
)
def test_a_usage_of_the_usual_shape_is_read_like_an_odd_one(wire: dict[str, object]) -> None:
    odd: dict[str, object] = {
        "server_tool_use": "",
        **wire,
    }  # no object: the types do not fit, so that it is read loosely

    assert _fine(wire) == _fine(odd)


def test_a_slip_in_one_field_does_not_cost_the_others() -> None:
    tier, counts = _fine(
        {
            "service_tier": "flex",
            "prompt_tokens_details": {"audio_tokens": "7"},
            "completion_tokens_details": {"audio_tokens": 5},
        }
    )

    assert tier == "flex"
    assert counts == (0, 0, 0, 5, 0, 0, 0, 0, 0, 0)


def test_what_is_no_object_says_nothing() -> None:
    assert usage_parts.read_fine(msgspec.Raw(b"null")) == ("", (0,) * 10)


def test_audio_is_taken_out_of_its_whole() -> None:
    usage = Usage(input=100, output=50, cached_input=20, reasoning=10)

    parts = usage_parts.parts(usage, (0, 30, 0, 5, 0, 0, 0, 0, 0, 2))

    assert parts == {
        "input": 50,
        "cached_input": 20,
        "cache_write": 0,
        "output": 35,
        "reasoning": 10,
        "request_each": 1,
        "search_each": 2,
        "cache_write_1h": 0,
        "audio_input": 30,
        "audio_output": 5,
        "image_input": 0,
        "image_output": 0,
    }


def test_a_part_never_exceeds_its_whole() -> None:
    parts = usage_parts.parts(Usage(input=10, output=0), (0, 30, 0, 0, 0, 0, 0, 0, 0, 0))

    assert (parts["input"], parts["audio_input"]) == (0, 10)


def test_what_gemini_counts_by_kind_is_told_apart() -> None:
    wire: dict[str, object] = {
        "promptTokensDetails": [
            {"modality": "TEXT", "tokenCount": 3},
            {"modality": "AUDIO", "tokenCount": 40},
        ],
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1290}],
    }
    told, counts = _fine(wire)
    parts = usage_parts.parts(Usage(input=43, output=1300), counts)
    assert (parts["input"], parts["audio_input"], parts["output"], parts["image_output"]) == (3, 40, 10, 1290)
    assert _fine({"server_tool_use": "", **wire}) == (told, counts), "read loosely it is the same"


def test_output_is_taken_for_images_only_where_nobody_told() -> None:
    def taken(parts: dict[str, int], **rates: int) -> tuple[bool, dict[str, int]]:
        return usage_parts.take_for_images(parts, rates), parts

    assert taken({"output": 9}, output=1) == (False, {"output": 9})
    assert taken({"output": 9, "image_output": 4}, output=1, image_output=5)[1] == {
        "output": 9,
        "image_output": 4,
    }
    assert taken({"output": 9}, output=1, image_output=5) == (True, {"output": 0, "image_output": 9})
    assert taken({"output": 9}, output=5, image_output=5)[0] is False
    assert taken({"output": 9}, image_output=5)[0] is False
