"""The form of a model service: provider, model and key are picked from what is configured; the rest is typed."""

import json
from collections.abc import Mapping
from typing import Any, Final

from textual import on

from aigw_dev.core.routing.yaml_tree import as_mapping
from aigw_dev.tui.graph.catalogue import Catalogue
from aigw_dev.tui.graph.tree import Send
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.choice import Choice
from aigw_dev.tui.widgets.form import Field, Form
from aigw_dev.tui.widgets.picker import Option

_OWN_KEY: Final = ""
_RETRY: Final = ("attempts", "backoff_ms", "max_wait_ms")
_WAITS: Final = ("connect_timeout_ms", "first_packet_timeout_ms", "idle_timeout_ms", "timeout_ms")
_RETRY_HINT: Final = "2, or 2 500 10000: times, backoff ms, most ms"
_WAITS_HINT: Final = "- 2000 - 60000: connect, first, idle, whole ms"


def provider_options(catalogue: Catalogue) -> list[Option]:
    """Configured providers; beside one that cannot be called: why."""
    return [
        Option(
            value=name, detail=catalogue.whys.get(name, ""), style="warn" if name in catalogue.whys else ""
        )
        for name in catalogue.providers
    ]


def model_options(catalogue: Catalogue, provider: str = "") -> list[Option]:
    """Models with their price or why they cannot be called: `provider/model`, or of one provider by their own name."""
    return [
        Option(
            value=model.name if provider else f"{model.provider}/{model.name}",
            detail=model.price if model.is_usable else model.why,
            style="dim" if model.is_usable else "warn",
        )
        for model in catalogue.models
        if not provider or model.provider == provider
    ]


def key_options(catalogue: Catalogue, provider: str) -> list[Option]:
    """The provider's own choice, then its named keys with where they are and what is wrong with them."""
    own = Option(value=_OWN_KEY, label="the provider's own choice")
    return [own] + [
        Option(value=key.name, detail=key.state or key.detail, style="warn" if key.state else "dim")
        for key in catalogue.keys_of(provider)
    ]


class ModelForm(Form):
    """Dismissed with the leaf's mapping: what the form does not show is as it was, keys in the order they were."""

    def __init__(self, node: Send, catalogue: Catalogue, look: Look) -> None:
        """Begins with what `node` says."""
        fields = dict(node.fields)
        send = fields.get("send")
        provider, _, model = (send if isinstance(send, str) else "").partition("/")
        super().__init__(
            "Model service",
            [
                Field(name="provider", kind="choice", value=provider, options=provider_options(catalogue), is_free=True),
                Field(name="model", kind="choice", value=model, options=model_options(catalogue, provider), is_free=True),
                Field(name="key", kind="choice", value=_text(fields.get("key")), options=key_options(catalogue, provider), is_free=True),
                Field(name="params", label="parameters", kind="area", value=params_text(fields.get("params")), rows=3,
                      placeholder='{"temperature": 0}', check=params_wrong),
                Field(name="retry", value=retry_text(fields.get("retry")), placeholder=_RETRY_HINT, check=retry_wrong),
                Field(name="waits", label="timeouts", value=waits_text(fields), placeholder=_WAITS_HINT, check=waits_wrong),
            ],
            look,
            check=_wrong,
        )  # fmt: skip
        self._leaf, self._catalogue = fields, catalogue

    @on(Choice.Changed, "#f-provider")
    def other_provider(self, event: Choice.Changed) -> None:
        """Another provider has other models and other keys."""
        model, key = self.query_one("#f-model", Choice), self.query_one("#f-key", Choice)
        options = model_options(self._catalogue, event.value)
        model.set_options(options)
        if options and model.value not in {option.value for option in options}:
            model.put("")
        keys = key_options(self._catalogue, event.value)
        key.set_options(keys)
        if key.value not in {option.value for option in keys}:
            key.put(_OWN_KEY)

    def values(self) -> dict[str, Any]:
        """The leaf, from the fields."""
        return leaf_of(super().values(), self._leaf)


def leaf_of(typed: Mapping[str, Any], before: Mapping[Any, Any]) -> dict[str, Any]:
    """The leaf that was typed over the one there was; a field that was left as it was leaves its key as it was."""
    leaf = dict(before)
    was = before.get("send")
    leaf["send"] = f"{typed['provider']}/{typed['model']}" if typed["provider"] or typed["model"] else was
    _put(leaf, "key", typed["key"] or None)
    if typed["params"] != params_text(before.get("params")):
        _put(leaf, "params", json.loads(typed["params"]) if typed["params"] else None)
    if typed["retry"] != retry_text(before.get("retry")):
        _put(leaf, "retry", _numbers(typed["retry"], _RETRY) or None)
    if typed["waits"] != waits_text(before):
        waits = _numbers(typed["waits"], _WAITS)
        for name in _WAITS:
            _put(leaf, name, waits.get(name))
    return leaf


def params_text(params: object) -> str:
    """As JSON; empty where there are none."""
    return "" if params is None else json.dumps(params, ensure_ascii=False, default=str)


def params_wrong(typed: str) -> str:
    """What keeps the text from being parameters."""
    if not typed.strip():
        return ""
    try:
        value = json.loads(typed)
    except ValueError as error:
        return f"no JSON: {error}"
    return "" if as_mapping(value) is not None else 'an object is wanted: {"temperature": 0}'


def retry_text(retry: object) -> str:
    """`2 500 10000`; what is no retry as JSON."""
    mapping = as_mapping(retry)
    if mapping is None or set(mapping) - set(_RETRY):
        return params_text(retry)
    return _numbers_text(mapping, _RETRY)


def retry_wrong(typed: str) -> str:
    """What keeps the text from being a retry."""
    return _numbers_wrong(typed, _RETRY, _RETRY_HINT)


def waits_text(fields: Mapping[Any, Any]) -> str:
    """`- 2000 - 60000`, empty where no timeout is set."""
    return _numbers_text(fields, _WAITS)


def waits_wrong(typed: str) -> str:
    """What keeps the text from being timeouts."""
    return _numbers_wrong(typed, _WAITS, _WAITS_HINT)


def _wrong(leaf: dict[str, Any]) -> str:
    provider, slash, model = _text(leaf.get("send")).partition("/")
    if provider and slash and model:
        return ""
    return "pick a provider and a model; enter on the field opens the list"


def _numbers_text(fields: Mapping[Any, Any], names: tuple[str, ...]) -> str:
    said = [_text(fields.get(name)) or "-" for name in names]
    while said and said[-1] == "-":
        said.pop()
    return " ".join(said)


def _numbers_wrong(typed: str, names: tuple[str, ...], hint: str) -> str:
    words = typed.split()
    is_right = len(words) <= len(names) and all(word == "-" or word.isdecimal() for word in words)
    return "" if is_right else hint


def _numbers(typed: str, names: tuple[str, ...]) -> dict[str, int]:
    return {name: int(word) for name, word in zip(names, typed.split(), strict=False) if word != "-"}


def _put(leaf: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        leaf.pop(name, None)
    else:
        leaf[name] = value


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
