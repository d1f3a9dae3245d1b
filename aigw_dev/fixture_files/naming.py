"""Which file a test's fixture lies in: names that no test id can lead astray.

A name is a relative path with `/` and without `.aigw.json`. The rules:

- `tests/unit/test_chat.py::TestMain::test_x[p]` (a pytest id) is `unit/test_chat/TestMain.test_x[p]`. A leading
  `tests/` is left out, so `test_chat.py::test_x` has the same name as `tests/test_chat.py::test_x`.
- Any other id stands for itself: its `/` are folders. So the name of a fixture is an id that finds it.
- A segment that is no plain file name on every system, or would be the same as another's, is made plain and ends in
  `-` and 8 hex digits of its sha256.

Apart from that, two ids of one kind have two names. Capitals are kept in names of classes and functions, but marked
in parameters, where `[GET]` and `[get]` are likely; `Library` refuses names that differ in capitals only.
"""

import hashlib
import re
from typing import Final

from aigw_dev.core.recording.fixture import SUFFIX, Request

BLOBS: Final = "_blobs"
"""The folder of blobs in a folder of fixtures; no fixture lies there."""
LONGEST_SEGMENT: Final = 120
LONGEST_NAME: Final = 200
"""Of a whole name, in characters: Windows takes 260 for a path with everything before it."""
_MOST_SEGMENTS: Final = 16
_DIGITS: Final = 8
_NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9._\-\[\]=+,@]+")
_PYTEST: Final = re.compile(r"(?:tests/)?(?P<module>[^:]*?)\.py::(?P<rest>.*)", re.DOTALL)
_DEVICE: Final = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
"""File names that are devices on Windows, with any extension."""


def name_of_test(test_id: str) -> str:
    """The name of the fixture of a test, by the id its runner gives it; any text has one."""
    found = _PYTEST.fullmatch(test_id)
    if found is None:
        segments = [_plain(each) for each in test_id.split("/")]
    else:
        segments = [*(_plain(each) for each in found["module"].split("/")), _plain_node(found["rest"])]
    if segments[0].lower() == BLOBS:
        segments[0] = _marked(segments[0], segments[0])
    name = "/".join(segments)
    if len(name) <= LONGEST_NAME and len(segments) <= _MOST_SEGMENTS:
        return name
    return f"long/{segments[-1][:80].rstrip('.')}-{_digest(test_id, 2 * _DIGITS)}"


def name_of_request(request: Request, model: str, key: str) -> str:
    """The name of a fixture that was recorded outside tests: `{op}-{model}-{key8}`; the key tells models that look alike apart."""
    digits = key.rpartition(":")[2][:_DIGITS]
    stem = _NOT_PLAIN.sub("-", f"{request.op}-{model}" if model else request.op)
    stem = stem[: LONGEST_SEGMENT - _DIGITS - 1].lstrip("._-") or "request"
    name = f"{stem}-{digits}"
    return f"_{name}" if is_device(name) else name


def is_device(part: str) -> bool:
    """Whether a file name is a device on Windows."""
    return _DEVICE.fullmatch(part) is not None


def _plain_node(rest: str) -> str:
    """`TestMain::test_x[p]` as one segment."""
    names, bracket, parameters = rest.partition("[")
    joined = f"{names.replace('::', '.')}{bracket}{parameters}"
    is_ambiguous = "." in names or parameters != parameters.lower()
    return _marked(joined, rest) if is_ambiguous else _plain(joined, rest)


def _plain(segment: str, original: str | None = None) -> str:
    """`segment` as it is, where it is a plain file name; else made so, marked by its `original`."""
    is_plain = (
        segment
        and len(segment) <= LONGEST_SEGMENT
        and not _NOT_PLAIN.search(segment)
        and not segment.startswith((".", "-"))
        and not segment.endswith(".")
        and not segment.lower().endswith(SUFFIX)
        and not is_device(segment)
    )
    return segment if is_plain else _marked(segment, segment if original is None else original)


def _marked(segment: str, original: str) -> str:
    cut = _NOT_PLAIN.sub("-", segment)[: LONGEST_SEGMENT - _DIGITS - 2].lstrip(".-").rstrip(".")
    marked = f"{cut or 'x'}-{_digest(original, _DIGITS)}"
    return f"_{marked}" if is_device(marked) else marked


def _digest(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:digits]
