"""`token show|rotate`: the token and nothing else on stdout; a running gateway takes the new one at once."""

from pathlib import Path

import httpx

from tests.cli.machine import Machine


def test_show_prints_the_token_alone_and_the_same_again(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    first = machine.run("token", "show")
    assert (first.code, first.err) == (0, "")
    assert first.out.startswith("aigwdev-")
    assert first.out.count("\n") == 1
    assert machine.run("token", "show").out == first.out
    assert machine.run("token", "show", "--admin").out.startswith("aigwdev-admin-")
    assert machine.run("token", "show", AIGW_DEV_TOKEN="aigwdev-mine").out == "aigwdev-mine\n"


def test_a_token_that_a_variable_sets_is_not_rotated(tmp_path: Path) -> None:
    done = Machine(tmp_path).run("token", "rotate", AIGW_DEV_TOKEN="aigwdev-mine")
    assert done.code == 2
    assert "AIGW_DEV_TOKEN" in done.err


def test_a_running_gateway_takes_the_new_tokens_and_forgets_the_old(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "version: 1\n")
    with machine.gateway() as url:
        old = machine.run("token", "show", "--admin").out.strip()
        done = machine.run("token", "rotate", "--admin", "--json")
        assert (done.code, done.json["gateways_told"]) == (0, 1)
        assert old not in done.out
        new = machine.run("token", "show", "--admin").out.strip()
        codes = [
            httpx.get(f"{url}/admin/v1/status", headers={"authorization": f"Bearer {token}"}).status_code
            for token in (old, new)
        ]
        assert codes == [401, 200]
        audit = httpx.get(f"{url}/admin/v1/audit", headers={"authorization": f"Bearer {new}"}).json()["audit"]
        assert ("token.rotated", "admin") in [(row["action"], row["subject"]) for row in audit]
