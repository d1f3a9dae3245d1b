from pathlib import Path

import pytest

from aigw_dev.config_file.discover import Found, discover, repository_root
from aigw_dev.config_file.ownership import Owners, own_number, owners


class Machine:
    """A home with a user config dir, and a repository in it."""

    def __init__(self, root: Path) -> None:
        self.home = root / "home"
        self.own = self.home / ".config" / "aigw-dev"
        self.repository = self.home / "src" / "app"
        self.deep = self.repository / "lib" / "inner"
        self.deep.mkdir(parents=True)
        (self.repository / ".git").mkdir()
        self.own.mkdir(parents=True)
        self.env: dict[str, str] = {}
        self.owners: Owners = owners

    def find(self, cwd: Path | None = None, explicit: Path | None = None) -> Found:
        return discover(
            explicit=explicit,
            env=self.env,
            cwd=cwd or self.deep,
            home=self.home,
            user_config_dir=self.own,
            owners=self.owners,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def config(folder: Path, name: str = "aigw-dev.yaml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("version: 1\n")
    return path


def test_the_named_file_wins_over_all_others(machine: Machine) -> None:
    config(machine.deep)
    machine.env["AIGW_DEV_CONFIG"] = str(config(machine.home / "env"))
    found = machine.find(explicit=Path("../mine.yaml"))
    assert found.path == machine.repository / "lib" / "mine.yaml"
    assert found.why == f"{found.path} was named by --config."
    assert found.is_trusted_place
    assert found.project_root == machine.repository


def test_the_variable_wins_over_what_lies_around(machine: Machine) -> None:
    config(machine.deep)
    machine.env["AIGW_DEV_CONFIG"] = "~/env/x.yaml"
    found = machine.find()
    assert found.path == machine.home / "env" / "x.yaml"
    assert found.why.endswith("was named by AIGW_DEV_CONFIG.")
    assert found.is_trusted_place


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_variable_names_nothing(machine: Machine, value: str) -> None:
    machine.env["AIGW_DEV_CONFIG"] = value
    assert machine.find().path is None


def test_a_named_folder_means_the_config_in_it(machine: Machine) -> None:
    assert machine.find(explicit=machine.repository).path == machine.repository / "aigw-dev.yaml"


def test_the_nearest_file_wins(machine: Machine) -> None:
    config(machine.repository)
    near = config(machine.deep)
    found = machine.find()
    assert found.path == near
    assert not found.is_trusted_place
    assert found.project_root == machine.repository
    assert str(near) in found.why


def test_the_search_ends_at_the_repository(machine: Machine) -> None:
    config(machine.home)
    assert machine.find().path is None
    assert machine.find(cwd=machine.home / "src").path == machine.home / "aigw-dev.yaml"


def test_a_worktree_is_a_repository_too(machine: Machine) -> None:
    tree = machine.home / "tree"
    tree.mkdir()
    (tree / ".git").write_text("gitdir: elsewhere\n")
    config(machine.home)
    assert machine.find(cwd=tree).path is None
    assert repository_root(tree, home=machine.home) == tree


def test_the_search_ends_at_home(machine: Machine, tmp_path: Path) -> None:
    config(tmp_path)
    outside = machine.home / "notes"
    outside.mkdir()
    assert machine.find(cwd=outside).path is None


def test_the_users_own_config_comes_last_and_is_trusted(machine: Machine) -> None:
    own = config(machine.own)
    found = machine.find()
    assert (found.path, found.is_trusted_place) == (own, True)
    assert machine.find(cwd=machine.own).is_trusted_place
    config(machine.repository)
    assert machine.find().path == machine.repository / "aigw-dev.yaml"


def test_without_any_file_the_default_holds_and_the_first_save_has_a_place(machine: Machine) -> None:
    found = machine.find()
    assert found.path is None
    assert "built-in default" in found.why
    assert found.first_save == machine.repository / "aigw-dev.yaml"
    assert machine.find(cwd=machine.home).first_save == machine.own / "aigw-dev.yaml"


def test_a_project_without_a_repository_is_the_configs_folder(machine: Machine) -> None:
    folder = machine.home / "notes"
    config(folder)
    assert machine.find(cwd=folder).project_root == folder


@pytest.mark.parametrize("name", ["aigw-dev.yml", ".aigw-dev.yaml"])
def test_a_misspelt_name_is_mentioned(machine: Machine, name: str) -> None:
    config(machine.repository, name)
    found = machine.find()
    assert found.path is None
    assert found.skipped == (f"{machine.repository / name} is not read: the file's name is aigw-dev.yaml.",)


def test_a_folder_of_that_name_is_no_config(machine: Machine) -> None:
    (machine.deep / "aigw-dev.yaml").mkdir()
    assert machine.find().path is None


def test_a_file_of_another_user_is_skipped_with_the_reason(machine: Machine) -> None:
    theirs, ours, me = config(machine.deep), config(machine.repository), own_number()
    machine.owners = lambda path: frozenset({me, 12345}) if path == theirs else frozenset({me})
    found = machine.find()
    assert found.path == ours
    assert found.skipped == (
        f"{theirs} belongs to user 12345 of this computer (you are {me}) and was skipped; name it with --config to use it.",
    )
    assert machine.find(explicit=theirs).path == theirs
