"""What a provider's answer means and what to do about it: the words of the test panel."""

from typing import Final

from aigw_dev.tui.providers.board import Health, ProviderLine

_KEY_REFUSED: Final = frozenset({401, 403})
_OK: Final = range(200, 300)
_REDIRECT: Final = range(300, 400)
_NOT_FOUND: Final = 404
_LIMITED: Final = 429
_ITS_OWN: Final = 500

STEP_GOOD: Final = "good"
STEP_BAD: Final = "bad"
STEP_OPEN: Final = "dim"


def short(health: Health | None, line: ProviderLine) -> tuple[str, str]:
    """A mark's style (`good`, `warn`, `bad`, `dim`) and a few words: `312 ms`, `401`, `no key`."""
    if health is not None and (line.is_usable or health.status):
        if health.is_well:
            return ("warn" if health.reason else "good"), milliseconds(health.duration_s)
        return "bad", str(health.status) if health.status else _silence(health.reason)
    if line.is_held_back:
        return "warn", "not trusted"
    if not line.is_usable:
        return "bad", "no key" if line.wants_key and not line.key else "off"
    return "dim", "not tested"


def steps(health: Health, line: ProviderLine) -> list[tuple[str, str]]:
    """What the test found, step by step: style and words; a step that was not reached is `dim`."""
    is_reached = health.is_well or health.status > 0
    if not is_reached and not line.is_usable:
        return [(STEP_BAD, "not asked")]
    host = _host(line)
    found = [(STEP_GOOD, f"reached {host}" if host else "in this process")]
    if not is_reached:
        found = [(STEP_BAD, f"{host} not reached")]
    if line.base_url:
        found.append(_answered(health))
    if line.wants_key and line.key:
        found.append(_key_step(health))
    return found


def what_to_do(health: Health, line: ProviderLine) -> str:
    """One sentence with the key to press; empty where all is well."""
    if health.is_well:
        return (
            "The free test cannot see whether the key counts: $ tests with one token."
            if health.reason
            else ""
        )
    if line.is_held_back:
        return "Read the file, then run `aigw-dev trust` in its folder."
    if not line.is_usable and line.wants_key and not line.key:
        return "K stores a key, I imports one from the environment."
    if health.status in _KEY_REFUSED:
        return "The provider refused the key: K sets another one."
    if health.status == _LIMITED:
        return "The key is known and over its limit: wait, or raise the limit with the provider."
    if health.status == _NOT_FOUND or health.status in _REDIRECT:
        return "The address answers with something else: e edits the base URL."
    if health.status >= _ITS_OWN:
        return "The provider's own trouble: test again later, or give the route a fallback."
    if health.status:
        return "The words above are the provider's; the log has the whole answer: l."
    return "Nobody answered: look at the base URL and the proxy with e, and whether the server runs."


def milliseconds(duration_s: float) -> str:
    """`312 ms`, `4.1 s`."""
    return f"{duration_s * 1000:.0f} ms" if duration_s < 1 else f"{duration_s:.1f} s"


def _answered(health: Health) -> tuple[str, str]:
    if not health.status:
        return (STEP_GOOD, "answered") if health.is_well else (STEP_OPEN, "no answer")
    return (STEP_GOOD if health.status in _OK else STEP_BAD), f"answered {health.status}"


def _key_step(health: Health) -> tuple[str, str]:
    if health.is_well:
        return ("warn", "key not checked") if health.reason else (STEP_GOOD, "key taken")
    if health.status in _KEY_REFUSED:
        return STEP_BAD, "key refused"
    return STEP_OPEN, "key not checked"


def _silence(reason: str) -> str:
    return "timeout" if "no answer within" in reason else "no answer"


def _host(line: ProviderLine) -> str:
    return line.base_url.partition("://")[2].partition("/")[0]
