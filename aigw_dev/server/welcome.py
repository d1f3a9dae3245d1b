"""What `GET /` says: what this is and how to point at it."""

import msgspec

from aigw_dev import __version__
from aigw_dev.core.operations import WELCOME_PATHS


def welcome(port: int, gateway: str) -> bytes:
    """JSON with the base URL of each dialect, the paths, how models are named and a call to try."""
    base = f"http://127.0.0.1:{port}"
    return msgspec.json.format(
        msgspec.json.encode(
            {
                "name": "aigw-dev",
                "version": __version__,
                "gateway": gateway,
                "openai_base_url": f"{base}/v1",
                "anthropic_base_url": base,
                "gemini_base_url": base,
                "paths": WELCOME_PATHS,
                "models": "provider/model, dynamic/ROUTE, or a name that GET /v1/models lists",
                "try": f"curl {base}/v1/chat/completions -H 'content-type: application/json' "
                '-d \'{"model":"mock/echo","messages":[{"role":"user","content":"hello"}]}\'',
            }
        ),
        indent=2,
    )
