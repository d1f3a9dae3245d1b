from aigw_dev.config_file.diff import describe_diff


def test_equal_texts_have_no_diff() -> None:
    assert describe_diff("a: 1\n", "a: 1\n") == ""


def test_what_differs_is_shown_in_context() -> None:
    old = "".join(f"k{at}: {at}\n" for at in range(10))
    assert describe_diff(old, old.replace("k5: 5", "k5: 6"), new_name="draft", context=1) == (
        "--- in force\n+++ draft\n@@ -5,3 +5,3 @@\n k4: 4\n-k5: 5\n+k5: 6\n k6: 6\n"
    )


def test_a_missing_line_end_is_named() -> None:
    assert describe_diff("a: 1\n", "a: 1").splitlines()[-1] == "+a: 1  (no line end)"


def test_line_ends_are_compared_too() -> None:
    assert describe_diff("a: 1\n", "a: 1\r\n").splitlines()[-1] == r"+a: 1\r"


def test_a_new_file_is_all_new() -> None:
    assert describe_diff("", "a: 1\n").splitlines()[-1] == "+a: 1"


def test_keys_and_terminal_controls_are_harmless() -> None:
    shown = describe_diff("", "k: sk-proj-Ab3dEf6hIj9kLmNoPq2rStUv\nn: a\x1b[2Jb\n")
    assert "Ab3dEf" not in shown
    assert "\x1b" not in shown
    assert r"+n: a\x1b[2Jb" in shown
