"""A header's value as text, whichever way the layer below has decoded its bytes."""


def header_text(value: str | bytes) -> str:
    """UTF-8 where the bytes are UTF-8, else Latin-1. A `str` is taken as decoded by either."""
    if isinstance(value, str):
        if value.isascii():
            return value
        try:
            value = value.encode("latin-1")
        except UnicodeEncodeError:
            return value.encode("utf-8", "replace").decode()
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
