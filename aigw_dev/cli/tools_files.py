"""What to write into the config files of tools that are pointed at the gateway by a file, and where those files are."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from aigw_dev.cli.variables import GATEWAY_HEADER, Aim

SAMPLE_MODEL: Final = "mock/echo"
"""Where nobody said which."""
PROVIDER: Final = "aigw-dev"
"""What the gateway is called in a tool's config. Codex reserves `openai`, `ollama` and `lmstudio`."""
TOKEN_VARIABLE: Final = "AIGW_DEV_TOKEN"  # noqa: S105  -- a variable's name


class ToolFile(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a config file."""

    path: str
    """Where the tool looks for it, as its documentation says it."""
    text: str
    comment: str = "#"
    """How a line of it begins that is no setting."""
    then: str = ""
    """What else is to be done, a line for people."""


def codex_settings(aim: Aim) -> dict[str, str]:
    """Codex's settings, dotted name to TOML value; the credential is named, not written.

    Codex speaks only the Responses dialect: `wire_api = "chat"` is refused since 0.162. With a login of its own
    (`auth: passthrough`) that login goes up and the gateway's token beside it.
    """
    section = f"model_providers.{PROVIDER}"
    common = {
        "model_provider": json.dumps(PROVIDER),
        f"{section}.name": json.dumps(PROVIDER),
        f"{section}.base_url": json.dumps(f"{aim.url}/v1"),
        f"{section}.wire_api": json.dumps("responses"),
    }
    if aim.keeps_login("openai"):
        return common | {
            f"{section}.requires_openai_auth": "true",
            f"{section}.env_http_headers": f'{{ "{GATEWAY_HEADER}" = "{TOKEN_VARIABLE}" }}',
        }
    return common | {f"{section}.env_key": json.dumps(TOKEN_VARIABLE)}


def opencode_config(aim: Aim, models: Sequence[str]) -> dict[str, Any]:
    """The config of opencode: a provider of its own with the models given, and the built-in ones turned to the gateway.

    Substitution of `{env:NAME}` is opencode's own.
    """
    key = f"{{env:{TOKEN_VARIABLE}}}"
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": PROVIDER,
        "options": {"baseURL": f"{aim.url}/v1", "apiKey": key},
        "models": {model: {"name": model} for model in models},
    }
    turned = {
        name: {"options": {"baseURL": f"{aim.url}{path}", **_opencode_credential(aim, family)}}
        for name, path, family in _OPENCODE_TURNED
    }
    return {"provider": {PROVIDER: provider, **turned}}


_OPENCODE_TURNED: Final = (
    ("openai", "/v1", "openai"),
    ("anthropic", "/v1", "anthropic"),
    ("google", "/v1beta", "gemini"),
)
"""opencode's own providers: name, what stands after the gateway's address, dialect."""


def _opencode_credential(aim: Aim, family: str) -> dict[str, Any]:
    """The gateway's token as the key, or in a header beside opencode's own login."""
    key = f"{{env:{TOKEN_VARIABLE}}}"
    if aim.keeps_login(family):
        return {"headers": {GATEWAY_HEADER: f"Bearer {key}"}}
    return {"apiKey": key}


def _codex(aim: Aim, models: Sequence[str]) -> ToolFile:
    section = f"model_providers.{PROVIDER}."
    settings = codex_settings(aim)
    inside = [
        f"{name.removeprefix(section)} = {value}"
        for name, value in settings.items()
        if name.startswith(section)
    ]
    lines = [f"model_provider = {settings['model_provider']}  # above every [section]"]
    if models:
        lines.append(f"model = {json.dumps(models[0])}")
    lines += ["", f"[{section.removesuffix('.')}]", *inside]
    return ToolFile(path="~/.codex/config.toml", text="\n".join(lines))


def _opencode(aim: Aim, models: Sequence[str]) -> ToolFile:
    config = {"$schema": "https://opencode.ai/config.json", **opencode_config(aim, models)}
    if models:
        config["model"] = f"{PROVIDER}/{models[0]}"
    return ToolFile(
        path="~/.config/opencode/opencode.json, or opencode.json in the project",
        text=json.dumps(config, indent=2, ensure_ascii=False),
        comment="//",
    )


def _continue(aim: Aim, models: Sequence[str]) -> ToolFile:
    entries = [
        f"""\
  - name: {_yaml(model)}
    provider: openai
    model: {_yaml(model)}
    apiBase: {aim.url}/v1
    apiKey: {aim.token}"""
        for model in models or (SAMPLE_MODEL,)
    ]
    return ToolFile(path="~/.continue/config.yaml", text="\n".join(["models:", *entries]))


def _llm(aim: Aim, models: Sequence[str]) -> ToolFile:
    entries = [
        f"""\
- model_id: {_yaml(f"{PROVIDER}/{model}" if len(models) > 1 else PROVIDER)}
  model_name: {_yaml(model)}
  api_base: {aim.url}/v1
  api_key_name: {PROVIDER}
  supports_tools: true
  supports_schema: true"""
        for model in models or (SAMPLE_MODEL,)
    ]
    return ToolFile(
        path="extra-openai-models.yaml in the folder that `llm logs path` names",
        text="\n".join(entries),
        then=f"`llm keys set {PROVIDER}` asks for the key, which is: {aim.token}",
    )


FILES: Final[dict[str, Callable[[Aim, Sequence[str]], ToolFile]]] = {
    "codex": _codex,
    "opencode": _opencode,
    "continue": _continue,
    "llm": _llm,
}
"""By the name in a tool's row: the piece of its file, for these models (the first is its default)."""


def _yaml(text: str) -> str:
    """A plain scalar where every reader takes it for text, else quoted as JSON, which YAML reads."""
    is_name = "/" in text and text[:1].isalpha() and all(char.isalnum() or char in "/._-" for char in text)
    return text if is_name or text == PROVIDER else json.dumps(text)
