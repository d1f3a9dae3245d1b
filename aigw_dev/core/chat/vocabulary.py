"""The neutral vocabulary: what a chat request and its reply say, whatever wire protocol carried them.

k dialects cost 2k codecs: each reads its own wire into these words and writes them back. Rules that every codec keeps:

* Order is meaning: messages, parts and blocks stand in the order they were said.
* A tool's result stands in a message of role `tool`, which holds nothing else; a codec whose wire mixes them with text
  splits and joins.
* What has no word here is not lost in silence: unknown request fields stand in `ChatRequest.extras`, unknown parts are
  `Opaque`; whoever writes another dialect enters them in the ledger.
* JSON that a model or a caller wrote (arguments, schemas) stays text: number spellings and key order survive.
"""

from typing import Final, Literal

import msgspec

from aigw_dev.core.exchange import Usage

NULL: Final = msgspec.Raw(b"null")
"""No value, where a JSON text stands."""

Role = Literal["system", "developer", "user", "assistant", "tool"]
StopReason = Literal[
    "stop", "stop_sequence", "length", "context_window", "tool_calls", "content_filter", "refusal", "pause"
]
"""Why a reply ended. `length`: the asked-for limit; `context_window`: the model's; `content_filter`: somebody cut it;
`refusal`: the model declined; `pause`: a long turn that the caller should send on."""


class Cache(msgspec.Struct, frozen=True):
    """Marks the end of a prefix that the provider should cache."""

    ttl: str = ""
    """`5m`, `1h`; empty = the provider's usual."""


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes or where they are: exactly one of `data`, `url`, `file_id` is set."""

    data: str = ""
    """Base64, standard alphabet."""
    url: str = ""
    """http(s) or gs; never a data URL, which is `data`."""
    file_id: str = ""
    """A file that the provider already has; means nothing to another provider."""
    media_type: str = ""
    """`image/png`; empty where nobody said."""


class Logprob(msgspec.Struct, frozen=True, kw_only=True):
    """How likely a token was, and what else could have stood there."""

    token: str
    logprob: float
    bytes: tuple[int, ...] | None = None
    top: tuple["Logprob", ...] = ()


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """Words."""

    text: str
    cache: Cache | None = None
    citations: msgspec.Raw = NULL
    """The dialect's own list of citations or annotations; `null` where there is none."""


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """A picture to look at."""

    source: Media
    detail: str = ""
    """`low`, `high`, `auto`; empty where nobody said."""
    cache: Cache | None = None


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A file to read: PDF, text."""

    source: Media
    text: str = ""
    """A plain-text document's content, where it came as text; `source` is then empty."""
    name: str = ""
    """File name or title."""
    context: str = ""
    has_citations: bool = False
    """The caller wants the answer to cite it."""
    cache: Cache | None = None


class Audio(msgspec.Struct, frozen=True, kw_only=True):
    """Something to hear, or that the model said aloud."""

    source: Media
    format: str = ""
    """`wav`, `mp3`, `pcm16`; empty where the media type says it."""
    transcript: str = ""
    id: str = ""
    """An earlier spoken answer, by the provider's id."""


class Thinking(msgspec.Struct, frozen=True, kw_only=True):
    """What the model thought, with whatever the provider wants back unchanged in the next turn."""

    text: str = ""
    signature: str = ""
    """Opaque text of the provider (Anthropic's signature, OpenAI's encrypted content, Gemini's thought signature)."""
    is_redacted: bool = False
    """Only the signature may be shown: there is no text by design."""
    origin: str = ""
    """The dialect whose signature it is; empty where there is none. Another dialect's provider cannot check it."""
    id: str = ""
    """The provider's id of the item (`rs_...`); empty where it has none."""


class ToolCall(msgspec.Struct, frozen=True, kw_only=True):
    """The model calls a tool."""

    id: str
    name: str
    arguments: str = "{}"
    """JSON text, an object; never empty (`{}`). For `custom` tools: plain text."""
    kind: Literal["function", "custom"] = "function"
    signature: str = ""
    """Gemini's thought signature, which must come back with the call."""
    item_id: str = ""
    """The provider's id of the item that carried it (`fc_...`)."""
    cache: Cache | None = None


class ToolResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a tool answered."""

    call_id: str
    name: str = ""
    """The tool's name, looked up from the call where the wire does not say it (`named_results`)."""
    parts: tuple["Text | Image | Document | Audio | Opaque", ...] = ()
    is_error: bool = False
    cache: Cache | None = None
    kind: Literal["function", "custom"] = "function"


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """The model's own words for why it declines."""

    text: str


class Opaque(msgspec.Struct, frozen=True, kw_only=True):
    """Something only its own dialect has a word for: a hosted tool's call, a new kind of part."""

    dialect: str
    type: str
    """The dialect's own name for it."""
    raw: msgspec.Raw


Part = Text | Image | Document | Audio | Thinking | ToolCall | ToolResult | Refusal | Opaque


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One turn."""

    role: Role
    parts: tuple[Part, ...]
    name: str = ""
    """Who speaks, among several of one role."""


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool that the model may call."""

    name: str
    description: str = ""
    parameters: msgspec.Raw = NULL
    """JSON Schema of its arguments; `null` = none given."""
    is_strict: bool | None = None
    cache: Cache | None = None
    kind: Literal["function", "custom"] = "function"
    format: msgspec.Raw = NULL
    """Of a custom tool: the grammar of its text."""


class ToolChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the model may, must or must not call tools."""

    mode: Literal["auto", "required", "none", "tool", "allowed", "allowed_required"]
    """`tool`: exactly `names[0]`; `allowed`: only `names`, if any; `allowed_required`: one of `names`."""
    names: tuple[str, ...] = ()


class Reasoning(msgspec.Struct, frozen=True, kw_only=True):
    """How much the model should think before it answers."""

    mode: Literal["off", "on", "adaptive"] = "on"
    effort: str = ""
    """`minimal`, `low`, `medium`, `high`, `xhigh`, `max`; empty where a budget or nothing was given."""
    budget_tokens: int | None = None
    """None = not given; -1 = the model decides (Gemini)."""
    summary: str = ""
    """How thoughts are shown: `auto`, `concise`, `detailed`, `summarized`, `omitted`; empty = usual."""


class OutputFormat(msgspec.Struct, frozen=True, kw_only=True):
    """The form that the answer must have."""

    kind: Literal["text", "json", "schema", "grammar"]
    schema: msgspec.Raw = NULL
    name: str = ""
    description: str = ""
    is_strict: bool | None = None


class ChatRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller asks of a model. None or empty = the caller did not say."""

    dialect: str
    """The caller's."""
    model: str
    messages: tuple[Message, ...]
    """System and developer messages stand among them, where they were said; leading ones are the system prompt."""
    is_stream: bool = False
    wants_usage: bool = True
    """The caller wants usage in its stream (only openai-chat lets it choose)."""
    tools: tuple[Tool, ...] = ()
    hosted_tools: tuple[Opaque, ...] = ()
    """Tools that run at the provider; only its own dialect has them."""
    tool_choice: ToolChoice | None = None
    is_parallel: bool | None = None
    """Several tool calls at once are allowed."""
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    choices: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logit_bias: msgspec.Raw = NULL
    logprobs: bool | None = None
    top_logprobs: int | None = None
    reasoning: Reasoning | None = None
    format: OutputFormat | None = None
    modalities: tuple[str, ...] = ()
    audio: msgspec.Raw = NULL
    """OpenAI's `audio` object: the voice and format of a spoken answer."""
    verbosity: str = ""
    user: str = ""
    """Who the end user is, for the provider's abuse checks."""
    metadata: msgspec.Raw = NULL
    service_tier: str = ""
    store: bool | None = None
    cache_key: str = ""
    """`prompt_cache_key`."""
    extras: dict[str, msgspec.Raw] = {}
    """Top-level fields (or dotted paths) that have no word here, in the caller's dialect."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One answer."""

    parts: tuple[Part, ...]
    stop: StopReason | None = "stop"
    """None where the provider did not say."""
    stop_sequence: str = ""
    stop_raw: str = ""
    """The provider's own word."""
    stop_details: msgspec.Raw = NULL
    logprobs: tuple[Logprob, ...] | None = None


class ChatReply(msgspec.Struct, frozen=True, kw_only=True):
    """What a model answered."""

    dialect: str
    """The provider's."""
    id: str = ""
    model: str = ""
    created: int = 0
    """UTC seconds; 0 where the provider did not say."""
    choices: tuple[Choice, ...] = ()
    usage: Usage | None = None
    service_tier: str = ""
    extras: dict[str, msgspec.Raw] = {}


class ReplyContext(msgspec.Struct, frozen=True, kw_only=True):
    """What a codec needs beside the reply to write it for its caller."""

    request: ChatRequest
    id_seed: str
    """24 hex digits or more: what ids are made from where the provider gave none that fits."""
    created: int
    """UTC seconds."""
    input_estimate: int = 0
    """Tokens of the request, estimated: for protocols that must name usage before the provider does."""
    fields: dict[str, msgspec.Raw] = {}
    """The caller's own top-level fields, for protocols that echo them."""


def named_results(messages: tuple[Message, ...]) -> dict[str, str]:
    """Tool names by call id, from every call in the conversation."""
    return {
        part.id: part.name for message in messages for part in message.parts if isinstance(part, ToolCall)
    }
