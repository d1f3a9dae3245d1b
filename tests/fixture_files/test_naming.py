"""Names of fixtures: no test id escapes, and two ids have two names."""

import re
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.recording.fixture import Request
from aigw_dev.fixture_files import limits
from aigw_dev.fixture_files.naming import LONGEST_NAME, is_device, name_of_request, name_of_test

SEGMENT = re.compile(r"[A-Za-z0-9._\-\[\]=+,@]+")
NASTY = st.text(alphabet=st.sampled_from("abAB./\\:-_[]~ \n\x00é.con"), max_size=30) | st.text(max_size=40)


@pytest.mark.parametrize(
    ("test_id", "name"),
    [
        ("tests/a_test.py::test_x[1]", "a_test/test_x[1]"),
        ("tests/unit/test_chat.py::TestMain::test_x", "unit/test_chat/TestMain.test_x"),
        ("test_chat.py::test_x", "test_chat/test_x"),
        ("src/pkg/tests/test_x.py::test_y", "src/pkg/tests/test_x/test_y"),
        ("tests/test_agent.py::test_tool[claude-haiku-4-5]", "test_agent/test_tool[claude-haiku-4-5]"),
        ("chat/hello", "chat/hello"),
        ("session", "session"),
        ("_shared/greeting", "_shared/greeting"),
    ],
)
def test_a_plain_id_is_a_name_to_be_read(test_id: str, name: str) -> None:
    assert name_of_test(test_id) == name


@pytest.mark.parametrize(
    ("test_id", "beginning"),
    [
        ("src/chat.test.ts > suite > says hello", "src/chat.test.ts-suite-says-hello-"),
        ("../../etc/passwd", "x-"),
        ("/etc/passwd", "x-"),
        (".git/hooks", "git-"),
        ("con", "con-"),
        ("con.txt", "_con.txt-"),
        ("a/aux.b/c", "a/_aux.b-"),
        ("_blobs/0123456789abcdef.bin", "_blobs-"),
        ("_BLOBS/x", "_BLOBS-"),
        ("a.aigw.json", "a.aigw.json-"),
        ("x" * 300, "x" * 100),
        ("tests/a.py::test_x[a/b]", "a/test_x[a-b]-"),
        ("", "x-"),
    ],
)
def test_what_is_no_plain_file_name_is_made_one_and_marked(test_id: str, beginning: str) -> None:
    name = name_of_test(test_id)
    assert name.startswith(beginning)
    assert re.search(r"-[0-9a-f]{8}(/|$)", name)


@given(NASTY)
def test_no_id_escapes(test_id: str) -> None:
    for wanted in (test_id, f"tests/{test_id}.py::{test_id}[{test_id}]", f"{test_id}/" * 40, test_id * 20):
        name = name_of_test(wanted)
        assert len(name) <= LONGEST_NAME
        assert not PurePosixPath(name).is_absolute()
        assert not PureWindowsPath(name).is_absolute()
        for segment in name.split("/"):
            assert SEGMENT.fullmatch(segment)
            assert not segment.startswith((".", "-"))
            assert not segment.endswith(".")
            assert not is_device(segment)
        assert limits.segments(f"{name}.aigw.json")
        assert not name.lower().startswith("_blobs/")


@given(NASTY)
def test_a_name_is_an_id_that_finds_itself(test_id: str) -> None:
    assert name_of_test(name_of_test(test_id)) == name_of_test(test_id)


@given(NASTY, NASTY)
def test_two_ids_have_two_names(one: str, other: str) -> None:
    pairs = [(one, other), (f"tests/a.py::test[{one}]", f"tests/a.py::test[{other}]")]
    for left, right in pairs:
        assert (name_of_test(left) == name_of_test(right)) == (left == right)


@given(NASTY, NASTY)
def test_two_parameters_have_two_names_also_where_capitals_do_not_count(one: str, other: str) -> None:
    names = {name_of_test(f"tests/a.py::test_x[{each}]").lower() for each in (one, other)}
    assert len(names) == len({one, other})


def test_a_class_and_a_dot_are_told_apart() -> None:
    assert name_of_test("a.py::A::b") != name_of_test("a.py::A.b")
    assert name_of_test("a.py::t[GET]").lower() != name_of_test("a.py::t[get]").lower()


def test_many_folders_are_one_name_of_bearable_length() -> None:
    deep = name_of_test("/".join(["folder"] * 60) + "/last")
    assert re.fullmatch(r"long/last-[0-9a-f]{16}", deep)
    assert deep != name_of_test("/".join(["folder"] * 61) + "/last")


def test_outside_tests_the_request_names_the_file() -> None:
    request = Request(op="openai.chat.completions")
    key = "k1:7199c4ad5afee5e6072d0d50"
    assert name_of_request(request, "gpt-4o-mini", key) == "openai.chat.completions-gpt-4o-mini-7199c4ad"
    assert name_of_request(request, "qwen/qwen3-max", key).endswith("-qwen-qwen3-max-7199c4ad")
    assert name_of_request(request, "", key) == "openai.chat.completions-7199c4ad"
    assert len(name_of_request(request, "m" * 500, key)) <= 120
    assert name_of_request(Request(op="../"), "../..", key) == "request-7199c4ad"
    assert name_of_request(Request(op="con"), "", "k1:") == "con-"
    assert name_of_request(Request(op="nul.x"), "", key).startswith("_nul.x")
