"""The whole config as people read it."""

from pathlib import Path

from aigw_dev.cli.effective import as_yaml, sources_of, whole_tree
from aigw_dev.core.config import Config, Gateway, Provider
from tests.cli.machine import Machine


def test_defaults_are_shown_and_keys_masked() -> None:
    key = "sk-proj-Ab1Cd2Ef3Gh4Ij5Kl6Mn7"
    config = Config(gateway=Gateway(name="a", notes=f"see {key}"), providers={"openai": Provider()})
    tree = whole_tree(config)
    assert tree["logging"]["keep"] == "14d"
    assert "keep_s" not in tree["logging"]
    assert tree["gateway"]["limits"]["json_mb"] == 32
    assert key not in str(tree)
    lines = list(as_yaml(tree, {"gateway.name": "aigw-dev.yaml"}))
    assert "  name: a  # aigw-dev.yaml" in lines
    assert "  sample: 1.0  # default" in lines
    assert "routes: {}" in lines


def test_sources_name_the_file_of_every_setting(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "version: 1\ngateway: {name: a, limits: {json_mb: 1}}\n")
    (machine.project / "aigw-dev.local.yaml").write_text("gateway: {name: b}\n")
    assert sources_of(machine.place()) == {
        "version": "aigw-dev.yaml",
        "gateway.name": "aigw-dev.local.yaml",
        "gateway.limits.json_mb": "aigw-dev.yaml",
    }
