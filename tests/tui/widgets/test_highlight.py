"""Source code gets colours and loses nothing."""

from aigw_dev.tui.widgets.highlight import highlighted, warm_up
from aigw_dev.tui.widgets.lines import Span


def test_source_code_gets_colours_and_loses_nothing() -> None:
    warm_up()
    lines = ["def f(x):", "", "    return 'x'  # why", ""]
    rows = highlighted(lines, "Python")
    assert ["".join(span.text for span in row) for row in rows] == lines
    assert {"info", "good", "dim"} <= {span.style for row in rows for span in row}
    assert highlighted(["x", ""], "nonsense") == [[Span("x")], []]
    assert highlighted(["x"], "") == [[Span("x")]]
