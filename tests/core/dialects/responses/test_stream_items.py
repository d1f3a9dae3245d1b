"""One output item of a stream: what each event adds to what was said."""

import json
from typing import Any

from aigw_dev.core.chat.events import BlockStarted, BlockStopped
from aigw_dev.core.dialects.responses.stream_items import Item
from aigw_dev.core.dialects.responses.stream_wire import Wire


class Told:
    """Keeps what an item tells."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def __call__(self, item: Item, event: Any, **fields: Any) -> None:
        del item
        if event is BlockStarted:
            self.events.append(fields["kind"])
        elif event is BlockStopped:
            self.events.append("stop")
        else:
            self.events.append((fields["kind"], fields["text"]))


def test_done_adds_only_what_is_missing_and_only_once() -> None:
    item, told = Item(number=0), Told()
    item.text_delta("text", Wire(delta="Hel"), told)
    item.text_done("text", Wire(), "Hello", told)
    part: dict[str, object] = {"type": "output_text", "text": "Hello"}
    item.part_done(0, part, told)
    item.done({"type": "message", "content": [part]}, told)
    item.done({"type": "message", "content": [part]}, told)
    item.text_delta("text", Wire(delta="late"), told)
    assert told.events == ["text", ("text", "Hel"), ("text", "lo"), "stop"]


def test_a_done_text_that_is_another_one_does_not_replace_what_was_said() -> None:
    item, told = Item(number=0), Told()
    item.text_delta("text", Wire(delta="Hel"), told)
    item.text_done("text", Wire(), "Other", told)
    item.close(told)
    assert told.events == ["text", ("text", "Hel"), "stop"]


def test_parts_of_a_message_follow_each_other() -> None:
    item, told = Item(number=0), Told()
    item.text_delta("text", Wire(delta="a", content_index=0), told)
    item.text_delta("refusal", Wire(delta="b", content_index=1), told)
    item.part_done(2, {"type": "reasoning_text", "text": "x"}, told)
    item.close(told)
    assert told.events == ["text", ("text", "a"), "stop", "refusal", ("refusal", "b"), "stop"]


def test_an_empty_item_tells_nothing() -> None:
    empty: list[dict[str, object]] = [
        {"type": "message", "content": []},
        {"type": "reasoning", "summary": []},
        {"type": "function_call"},
    ]
    for wire in empty:
        item, told = Item(number=0), Told()
        item.added(wire, told)
        item.text_delta("text", Wire(delta=""), told)
        item.thought("summary", 0, None, told)
        item.call_delta("", told)
        item.done(wire, told)
        assert told.events == []


def test_a_call_waits_for_its_name() -> None:
    item, told = Item(number=0), Told()
    item.call_delta('{"a"', told)
    item.call_done('{"a":1}', told)
    assert told.events == []
    item.done({"type": "function_call", "name": "f", "call_id": "c", "arguments": '{"a":1}'}, told)
    assert told.events == ["tool_call", ("arguments", '{"a":1}'), "stop"]


def test_a_call_that_was_named_but_never_done_is_closed() -> None:
    item, told = Item(number=0), Told()
    item.added({"type": "custom_tool_call", "name": "f", "call_id": "c"}, told)
    item.added({"type": "custom_tool_call", "name": "f", "call_id": "c"}, told)
    item.call_delta("abc", told)
    item.call_done("abcd", told)
    item.close(told)
    assert told.events == ["tool_call", ("arguments", "abc"), ("arguments", "d"), "stop"]


def test_a_thought_told_by_its_done_event_alone() -> None:
    item, told = Item(number=0), Told()
    item.thought_done("content", 0, "raw", told)
    item.thought_done("summary", 0, "other lane", told)
    item.done({"type": "reasoning", "content": [{"text": "raw"}], "encrypted_content": "E"}, told)
    assert told.events == ["thinking", ("thinking", "raw"), ("signature", "E"), "stop"]


def test_an_annotation_without_words_opens_its_text() -> None:
    item, told = Item(number=0), Told()
    item.annotation(Wire(), told)
    cite = {"url": "http://a"}
    item.done(
        {"type": "message", "content": [{"type": "output_text", "text": "", "annotations": [cite]}]}, told
    )
    assert told.events[0] == "text"
    assert json.loads(told.events[1][1]) == [cite]


def test_items_are_the_same_by_what_names_them() -> None:
    item, told = Item(number=0), Told()
    item.added({"type": "function_call", "id": "fc", "call_id": "c"}, told)
    assert item.is_same({"type": "function_call", "id": "other", "call_id": "c"})
    assert item.is_same({"type": "function_call"})
    assert not item.is_same({"type": "function_call", "id": "other"})
    assert not item.is_same({"type": "message", "id": "fc"})
