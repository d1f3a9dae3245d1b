"""Shows how two config texts differ, harmless to print."""

from aigw_dev.core import harmless, literal_keys


def describe_diff(
    old_text: str, new_text: str, *, old_name: str = "in force", new_name: str = "new", context: int = 3
) -> str:
    r"""A unified diff, empty where the texts are equal. Anything shaped like a key is masked, control characters show.

    Line ends are compared too: a line that only changed from CRLF to LF is shown with `\r` at its end.
    """
    import difflib

    old, new = (_lines(text) for text in (old_text, new_text))
    lines = difflib.unified_diff(old, new, old_name, new_name, n=context, lineterm="")
    return "".join(f"{line}\n" for line in lines)


def _lines(text: str) -> list[str]:
    shown = literal_keys.mask(text).split("\n")
    last = shown.pop()
    shown += [f"{last}  (no line end)"] if last else []
    return [harmless.line(line) if "\r" in line else harmless.block(line) for line in shown]
