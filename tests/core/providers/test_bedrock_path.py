"""A model of Bedrock's is one step of the path, whatever its name holds."""

import pytest

from aigw_dev.core.providers.bedrock_path import invoke


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("cohere.embed-v4:0", "/model/cohere.embed-v4%3A0/invoke"),
        ("arn:aws:bedrock:us-east-1:1:inference-profile/x", "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fx/invoke"),
        ("../x?y", "/model/..%2Fx%3Fy/invoke"),
        ("..", "/model/%252E%252E/invoke"),
    ],
)  # fmt: skip
def test_a_name_cannot_leave_its_place(model: str, path: str) -> None:
    assert invoke(model, b"{}").path == path
