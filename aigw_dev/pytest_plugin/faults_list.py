"""The faults' ids, for parametrizing tests while they are collected, when no gateway runs yet.

Written from the catalogue (`core/recording/faults`), which this package must not import; a test holds the two equal.
"""

from typing import Final

FAULTS: Final = (
    "http.429",
    "http.429.slow_down",
    "http.429.quota",
    "http.402",
    "http.400.context",
    "http.400.param",
    "http.400.content_filter",
    "http.401",
    "http.403",
    "http.404",
    "http.408",
    "http.409",
    "http.413",
    "http.499",
    "http.500",
    "http.502",
    "http.503",
    "http.504",
    "http.529",
    "http.status",
    "net.refused",
    "net.dns",
    "net.tls",
    "net.unreachable",
    "net.connect_timeout",
    "net.empty",
    "net.garbage",
    "net.reset",
    "stream.cut.clean",
    "stream.cut.dirty",
    "stream.reset",
    "stream.cut.in_tool_args",
    "stream.stall",
    "stream.no_done",
    "stream.done_no_finish",
    "stream.error_event",
    "stream.bad_json",
    "stream.utf8_invalid",
    "stream.dup",
    "stream.reorder",
    "stream.skip",
    "stream.no_usage",
    "body.finish_length",
    "body.content_filter",
    "body.refusal",
    "body.tool_bad_json",
    "body.tool_unknown",
    "body.tool_wrong_schema",
    "body.missing_usage",
    "body.null_content",
    "gateway.wrong_model",
    "body.truncated_length",
    "body.gzip_broken",
    "body.huge",
    "body.wrong_content_type",
)
"""Ways in which a provider's answer can be broken."""
LEGAL: Final = (
    "slow.headers",
    "slow.first_token",
    "slow.events",
    "slow.trickle",
    "chunk.fuzz",
    "stream.utf8_split",
    "stream.u2028",
    "stream.multi_data",
    "stream.crlf",
    "stream.comment",
    "stream.empty_choices",
)
"""Odd but allowed: a right client gets the whole answer."""


def aigw_faults(family: str = "", *, is_legal: bool | None = None) -> tuple[str, ...]:
    """The ids of a family (`stream`), of a branch (`stream.cut`) or of all, as values for `pytest.mark.parametrize`.

    With `is_legal` only the oddities that a right client copes with (True), or only what breaks an answer (False).
    An unknown family is a `ValueError`: a parametrization of nothing would pass silently.
    """
    groups = {None: (*FAULTS, *LEGAL), True: LEGAL, False: FAULTS}
    found = tuple(
        each for each in groups[is_legal] if not family or each == family or each.startswith(f"{family}.")
    )
    if not found:
        families = dict.fromkeys(each.partition(".")[0] for each in groups[None])
        raise ValueError(f"no faults of the family {family!r}; there are {', '.join(families)}")
    return found
