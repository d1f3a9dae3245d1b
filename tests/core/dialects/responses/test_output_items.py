"""Output items, and citations of any dialect as annotations."""

import json

import msgspec

from aigw_dev.core.chat.vocabulary import NULL, Logprob
from aigw_dev.core.dialects.responses import output_items
from aigw_dev.core.ledger import Ledger


def test_citations_that_name_a_url_become_annotations() -> None:
    book = Ledger()
    citations = [
        {"type": "file_citation", "file_id": "f", "filename": "n", "index": 0},
        {
            "type": "url_citation",
            "url_citation": {"url": "http://a", "title": "A", "start_index": 1, "end_index": 2},
        },
        {"type": "web_search_result_location", "url": "http://b", "cited_text": "x"},
        {"type": "char_location", "document_index": 0},
        5,
    ]
    raw = msgspec.Raw(json.dumps(citations).encode())
    assert output_items.annotations_of(raw, book, length=9) == [
        citations[0],
        {"type": "url_citation", "url": "http://a", "title": "A", "start_index": 1, "end_index": 2},
        {"type": "url_citation", "url": "http://b", "title": "", "start_index": 0, "end_index": 9},
    ]
    assert [one.field for one in book.entries] == ["citations[3]", "citations[4]"]
    assert output_items.annotations_of(NULL, book) == []


def test_bytes_of_a_token_are_its_utf8_where_nobody_said_them() -> None:
    assert output_items.logprobs_of((Logprob(token="é", logprob=-1.0),)) == [
        {"token": "é", "bytes": [195, 169], "logprob": -1.0, "top_logprobs": []}
    ]
    assert output_items.logprobs_of(None) == []


def test_an_empty_thought_has_no_summary() -> None:
    assert output_items.reasoning("rs_1", "", None) == {"id": "rs_1", "type": "reasoning", "summary": []}
    assert output_items.reasoning("rs_1", "x", "E")["encrypted_content"] == "E"
