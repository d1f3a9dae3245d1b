"""A conversation is kept whole, and sends what was said, not what failed."""

import pytest

from aigw_dev.tui.chat.draft import Draft
from aigw_dev.tui.chat.talk import (
    Facts,
    Strand,
    Talk,
    Turn,
    branched,
    decode,
    encode,
    restored,
    summary,
    titled,
)
from aigw_dev.tui.look import UNICODE


def a_talk(talk_id: str = "0000abcd-01", began_at: float = 1.0) -> Talk:
    turns = [
        Turn(role="user", message={"content": "one"}),
        Turn(
            role="assistant",
            message={"content": "uno"},
            reasoning="hm",
            facts=Facts(nanousd=1_000_000, cost_status="exact"),
        ),
        Turn(role="user", message={"content": [{"type": "text", "text": "two"}, {"type": "image_url"}]}),
        Turn(role="assistant", message={"content": ""}),
        Turn(role="error", message={"content": "429: no"}),
    ]
    return Talk(
        id=talk_id,
        began_at=began_at,
        title="one",
        strands=[Strand(model="m", turns=turns)],
        draft=Draft(model="m"),
    )


def test_errors_and_empty_answers_are_never_sent() -> None:
    sent = a_talk().strands[0].messages()
    assert [message["role"] for message in sent] == ["user", "assistant", "user"]
    assert sent[1] == {"role": "assistant", "content": "uno"}


def test_a_message_with_parts_reads_as_text() -> None:
    assert a_talk().strands[0].turns[2].text == "two\n[image_url]"
    file = Turn(role="user", message={"content": [{"type": "file", "file": {"filename": "a.pdf"}}]})
    assert file.text == "[a.pdf]"


def test_it_comes_back_as_it_was_kept() -> None:
    assert decode(encode(a_talk())) == a_talk()


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"id":"../x"}', b'{"id":"abcd","version":99}', b'{"id":"abcd","strands":[]}']
)
def test_what_is_no_conversation_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):
        decode(content)


def test_a_branch_ends_before_its_message_and_leaves_the_old_one_alone() -> None:
    talk = a_talk()
    made = branched(talk, 2, id="beef", now=5.0)
    assert [turn.text for turn in made.strands[0].turns] == ["one", "uno"]
    assert (made.branch_of, made.began_at, len(talk.strands[0].turns)) == (talk.id, 5.0, 5)


def test_a_title_is_one_short_line() -> None:
    assert titled("  a\n b ") == "a b"
    assert len(titled("word " * 50)) <= 48


def test_the_summary_counts_turns_and_cost() -> None:
    assert summary(Talk(id="abcd"), UNICODE) == "new conversation"
    assert summary(a_talk(), UNICODE) == "2 turns · $0.0010"


def test_what_an_older_run_left_is_taken_as_far_as_it_fits() -> None:
    found = restored({"draft": {"model": 5}, "models": ["a", 7, "b"]}, id="abcd", now=1.0)
    assert [strand.model for strand in found.strands] == ["a", "b"]
    assert restored({}, id="abcd", now=1.0).is_empty
