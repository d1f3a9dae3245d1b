"""Where Bedrock's runtime invokes a model: one step of the path, whatever the model's name holds (ARNs have slashes)."""

from urllib.parse import quote

from aigw_dev.core.providers.adapter import Ask


def invoke(model: str, body: bytes) -> Ask:
    """`POST /model/{model}/invoke` at the root of `bedrock-runtime.REGION.amazonaws.com`."""
    step = quote(model, safe="-._~") if model.strip(".") else "%252E" * len(model)
    return Ask(path=f"/model/{step}/invoke", body=body)
