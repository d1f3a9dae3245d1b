"""`k=v` on the command line: metadata as text or JSON, params as JSON, and what is wrong said with the mended form."""

import pytest

from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.pairs import read_metadata, read_params


def test_metadata_comes_as_pairs_or_as_json_and_the_later_wins() -> None:
    given = ["tier=pro, region=eu; n=1", '{"tier":"free","beta":true,"none":null}', "x="]
    expected = {"tier": "free", "region": "eu", "n": "1", "beta": True, "none": None, "x": ""}
    assert read_metadata(given) == expected


@pytest.mark.parametrize("text", ["tier", "=pro", '{"a":[1]}', '{"a":', "a=1,b"])
def test_metadata_that_is_neither_is_refused(text: str) -> None:
    with pytest.raises(CommandError):
        read_metadata([text])


def test_params_are_json_and_keep_the_last() -> None:
    given = ["seed=7", 'stop=["a","b"]', "logprobs=true", "seed=8", "a==1", "user=null"]
    with pytest.raises(CommandError):
        read_params(given)
    assert read_params([one for one in given if one != "a==1"]) == {
        "seed": 8,
        "stop": ["a", "b"],
        "logprobs": True,
        "user": None,
    }


def test_text_without_quotes_is_refused_with_the_quoted_form() -> None:
    with pytest.raises(CommandError) as refused:
        read_params(["stop=END"])
    assert refused.value.hint.endswith("""--param 'stop="END"'""")
