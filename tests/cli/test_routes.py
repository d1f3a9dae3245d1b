"""`routes list|show|explain|test`: what the routes are, and what they would decide."""

import json
from pathlib import Path
from typing import Any

import pytest

from aigw_dev.cli import routes
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, NOT_HELD, CommandError
from aigw_dev.cli.routes import RequestOptions
from tests.cli.machine import Machine

CONFIG = """version: 1
routes:
  tiered:
    models: [smart]
    description: by tier
    flow:
      if: metadata.tier == "pro"
      then: {send: mock/think}
      else: {send: mock/echo}
  plain: {flow: {send: mock/echo}}
"""


@pytest.fixture
def context(tmp_path: Path) -> Context:
    machine = Machine(tmp_path, CONFIG)
    return Context(config_option=machine.config, home_option=machine.home, environ={})


def as_json(context: Context) -> Context:
    return Context(
        config_option=context.config_option, home_option=context.home_option, is_json=True, environ={}
    )


def test_as_a_command(tmp_path: Path) -> None:
    machine = Machine(tmp_path, CONFIG)
    cases = machine.project / "cases.yaml"
    cases.write_text("- {route: tiered, metadata: {tier: pro}, expect: mock/think}\n", "utf-8")
    assert machine.run("routes", "test", "cases.yaml").out == "1 passed, 0 failed\n"
    assert "mock/think" in machine.run("routes", "explain", "tiered", "--metadata", "tier=pro").out
    assert machine.run("routes", "test", "missing.yaml").code != 0


def test_routes_are_listed_with_what_they_claim_and_read(
    context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    assert routes.routes_list(context) == DONE
    shown = capsys.readouterr().out
    assert "dynamic/tiered, smart" in shown
    assert "metadata.tier" in shown
    routes.routes_list(as_json(context))
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == ["tiered", "plain"]


def test_without_routes_the_list_says_how_to_make_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine(tmp_path, "version: 1\n")
    routes.routes_list(Context(config_option=machine.config, home_option=machine.home, environ={}))
    assert "aigw-dev edit" in capsys.readouterr().err


def test_a_route_is_drawn_as_text_ascii_mermaid_or_data(
    context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    routes.routes_show(context, "tiered")
    assert "mock/think" in capsys.readouterr().out
    routes.routes_show(context, "tiered", ascii=True)
    assert capsys.readouterr().out.isascii()
    routes.routes_show(context, "tiered", mermaid=True)
    assert capsys.readouterr().out.startswith("flowchart")
    routes.routes_show(as_json(context), "dynamic/tiered")
    assert json.loads(capsys.readouterr().out)["name"] == "tiered"


def test_a_misspelt_route_is_guessed(context: Context) -> None:
    with pytest.raises(CommandError) as caught:
        routes.routes_show(context, "teired")
    assert caught.value.code == "route_not_found"
    assert "`tiered`" in caught.value.hint
    with pytest.raises(CommandError) as caught:
        routes.routes_show(context, "xyz")
    assert "routes list" in caught.value.hint


@pytest.mark.parametrize(("metadata", "model"), [("tier=pro", "think"), ('{"tier":"free"}', "echo")])
def test_explaining_follows_the_metadata(
    context: Context, capsys: pytest.CaptureFixture[str], metadata: str, model: str
) -> None:
    assert routes.routes_explain(as_json(context), "tiered", RequestOptions(metadata=metadata)) == DONE
    assert json.loads(capsys.readouterr().out)["targets"][0]["model"] == model


def test_explaining_reads_headers_and_a_body_from_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flow = "{if: 'header.x-team == \"red\" and body.temperature > 1', then: {send: mock/think}, else: {send: mock/echo}}"
    machine = Machine(tmp_path, f"version: 1\nroutes:\n  r: {{flow: {flow}}}\n")
    context = Context(config_option=machine.config, home_option=machine.home, is_json=True, environ={})
    body = tmp_path / "body.json"
    body.write_text('{"temperature": 1.5}', "utf-8")
    routes.routes_explain(context, "r", RequestOptions(header=["X-Team=red"], body=f"@{body}"))
    assert json.loads(capsys.readouterr().out)["targets"][0]["model"] == "think"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (RequestOptions(metadata="{nope"), ""),
        (RequestOptions(metadata="tier=pro", header=["no-value"]), "NAME=VALUE"),
        (RequestOptions(metadata="tier=pro", body="[1]"), "JSON object"),
        (RequestOptions(), "tier"),
    ],
)
def test_a_request_that_cannot_be_read_is_an_error(
    context: Context, options: RequestOptions, words: str
) -> None:
    with pytest.raises(CommandError) as caught:
        routes.routes_explain(context, "tiered", options)
    assert words in caught.value.message


def tried(context: Context, folder: Path, text: str) -> int:
    cases = folder / "cases.yaml"
    cases.write_text(text, "utf-8")
    return routes.routes_test(context, cases)


def test_a_file_of_cases_is_checked_and_what_differs_named(
    context: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = """# cases
- {route: tiered, metadata: {tier: pro}, expect: mock/think}
- route: dynamic/tiered
  metadata: {tier: free}
  expect: mock/think
"""
    assert tried(context, tmp_path, text) == NOT_HELD
    shown = capsys.readouterr().out
    assert "entry 2 (tiered): expected mock/think, got mock/echo" in shown
    assert "1 passed, 1 failed" in shown
    assert tried(as_json(context), tmp_path, text) == NOT_HELD
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    assert [row["ok"] for row in rows] == [True, False]


def test_cases_may_be_json(context: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = json.dumps([{"route": "plain", "expect": "mock/echo"}], indent="\t")
    assert tried(context, tmp_path, text) == DONE
    assert "1 passed" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text", ["a: 1\n", "- {route: plain, nonsense: [}\n", "- {route: plain, stream: maybe}\n"]
)
def test_a_file_that_is_no_list_of_cases_is_an_error(context: Context, tmp_path: Path, text: str) -> None:
    with pytest.raises(CommandError):
        tried(context, tmp_path, text)


def test_a_config_with_an_error_is_said(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "version: 1\nx: 1\n")
    with pytest.raises(CommandError) as caught:
        routes.routes_list(Context(config_option=machine.config, home_option=machine.home, environ={}))
    assert caught.value.code == "config_invalid"
