"""The config that the demo serves: real vendors' names at a loopback address, no key, routes of every kind."""

from typing import Final

from aigw_dev.cli.demo_models import MODELS

NAME: Final = "demo"
NOTES: Final = (
    "Generated traffic, nothing is called and nothing costs; amounts are list prices times invented tokens."
)

_ROUTES: Final = """
routes:
  assistant:
    description: Gold goes to Sonnet, code to GPT-4o, the rest where it is cheap
    flow:
      if: metadata.tier == "gold"
      then:
        send: anthropic/claude-sonnet-4-5
        fallback: [openai/gpt-4o, mock/echo]
      else:
        if: metadata.task in ["code", "review"] and not (metadata.region == "eu")
        then:
          send: openai/gpt-4o
          retry: {attempts: 1, backoff_ms: 100, max_wait_ms: 200}
          fallback: [anthropic/claude-haiku-4-5]
        else:
          if: metadata.region == "eu" or input_chars > 400
          then:
            send: mistral/mistral-large-latest
            first_packet_timeout_ms: 2500
            timeout_ms: 6000
            fallback: [openai/gpt-4o-mini]
          else: {send: openai/gpt-4o-mini, fallback: [local/llama3.2:3b]}
  cheap-first:
    description: The local model first, the cloud when it does not answer
    metadata: optional
    models: [cheap]
    flow:
      if: has_tools
      then: {send: openai/gpt-4o-mini}
      else: {send: "local/llama3.2:3b", fallback: [openai/gpt-4o-mini]}
  canary:
    description: One conversation in ten tries the new model
    metadata: optional
    flow:
      split:
        - {weight: 90, send: anthropic/claude-haiku-4-5, fallback: [openai/gpt-4o-mini]}
        - {weight: 10, send: anthropic/claude-sonnet-4-5, fallback: [openai/gpt-4o-mini]}
  deep-thought:
    description: Slow and thorough, and Mistral when it is too slow
    metadata: optional
    flow:
      send: deepseek/deepseek-reasoner
      first_packet_timeout_ms: 3000
      timeout_ms: 8000
      fallback: [mistral/mistral-large-latest]
"""

_PROVIDERS: Final = (
    ("openai", "openai/v1", ""),
    ("anthropic", "anthropic", ""),
    ("mistral", "mistral/v1", ""),
    ("deepseek", "deepseek", ""),
    ("local", "local/v1", "kind: openai-compatible, "),
)
"""Each provider, where its API lies at the upstream (as that vendor's own SDK takes it), and what else is written."""


def demo_config(port: int) -> str:
    """The config's text, for an upstream on `port` of 127.0.0.1."""
    lines = ["version: 1", f"gateway: {{name: {NAME}, notes: {NOTES!r}}}", "providers:"]
    for name, path, more in _PROVIDERS:
        models = [one.model for one in MODELS if one.provider == name]
        place = f"{more}base_url: http://127.0.0.1:{port}/{path}"
        lines.append(f"  {name}: {{{place}, auth: none, timeout_ms: 9000, models: {models!r}}}")
    return "\n".join(lines) + _ROUTES
