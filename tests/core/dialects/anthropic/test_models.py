"""The model list, as the SDK reads it."""

import json

from anthropic.types import ModelInfo

from aigw_dev.core.dialects.anthropic.models import encode_model, encode_models
from aigw_dev.core.dialects.protocol import ModelRow


def test_a_list_is_one_page() -> None:
    rows = [ModelRow(id="a/b", created=1_700_000_000), ModelRow(id="c")]
    wire = json.loads(encode_models(rows))
    assert (wire["has_more"], wire["first_id"], wire["last_id"]) == (False, "a/b", "c")
    assert [one["created_at"] for one in wire["data"]] == ["2023-11-14T22:13:20Z", "1970-01-01T00:00:00Z"]
    for one in wire["data"]:
        ModelInfo.model_validate_json(json.dumps(one))


def test_an_empty_list_names_nobody_and_nonsense_does_not_break_it() -> None:
    assert json.loads(encode_models([])) == {"data": [], "has_more": False, "first_id": None, "last_id": None}
    assert json.loads(encode_model(ModelRow(id="x", created=10**15)))["created_at"] == "9999-12-31T23:59:59Z"
