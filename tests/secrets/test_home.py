import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aigw_dev.core.errors import SecretError
from aigw_dev.secrets.home import Home, find_home

posix_only = pytest.mark.skipif(os.name != "posix", reason="modes and owners are a POSIX matter")
root_only = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0, reason="only root can become another user"
)
NOBODY = 65534


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# where it is


def test_home_is_the_option_then_the_variable_then_the_platforms_place(tmp_path: Path) -> None:
    env = {"AIGW_DEV_HOME": str(tmp_path / "variable")}
    assert find_home(tmp_path / "option", env) == tmp_path / "option"
    assert find_home(None, env) == tmp_path / "variable"
    assert find_home(None, {}).name == "aigw-dev"
    assert find_home(None, {"AIGW_DEV_HOME": " "}).is_absolute()


def test_home_is_absolute_and_knows_the_tilde() -> None:
    assert find_home(Path("relative"), {}) == Path.cwd() / "relative"
    assert find_home(Path("~/state"), {}) == Path.home() / "state"


def test_looking_leaves_no_trace(home: Home) -> None:
    assert home.gateway_dirs() == []
    assert home.find_gateway_dir(None) is None
    assert home.token_place() == str(home.path / "token")
    assert not home.path.exists()


# that it is private


@posix_only
def test_everything_in_a_new_home_is_the_owners_only(home: Home) -> None:
    home.token()
    home.admin_token()
    home.gateway_dir(None, "default")
    assert mode(home.path) == 0o700
    assert {mode(entry) for entry in home.path.rglob("*") if entry.is_dir()} == {0o700}
    assert {mode(entry) for entry in home.path.rglob("*") if entry.is_file()} == {0o600}


@posix_only
def test_a_wide_home_of_ours_is_narrowed(home: Home) -> None:
    home.token()
    home.path.chmod(0o755)
    Home(home.path, env={}).ready()
    assert mode(home.path) == 0o700


@posix_only
def test_an_empty_wide_folder_is_taken_and_narrowed(tmp_path: Path) -> None:
    (tmp_path / "volume" / "lost+found").mkdir(parents=True)
    (tmp_path / "volume").chmod(0o755)
    Home(tmp_path / "volume", env={}).ready()
    assert mode(tmp_path / "volume") == 0o700


@posix_only
def test_somebodys_shared_folder_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "shared" / "theirs").mkdir(parents=True)
    (tmp_path / "shared").chmod(0o755)
    with pytest.raises(SecretError, match="is not a state directory") as caught:
        Home(tmp_path / "shared", env={}).token()
    assert caught.value.code == "home_unusable"
    assert mode(tmp_path / "shared") == 0o755
    assert [entry.name for entry in (tmp_path / "shared").iterdir()] == ["theirs"]


def test_backup_programs_are_told_to_leave_the_home_out(home: Home) -> None:
    home.ready()
    tag = (home.path / "CACHEDIR.TAG").read_bytes()
    assert tag.startswith(b"Signature: 8a477f597d28d172789f06886806bc55\n")
    assert (home.path / ".nobackup").exists()


@posix_only
def test_a_private_folder_with_foreign_files_is_used_and_not_taken_out_of_backups(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir(mode=0o700)
    (tmp_path / "documents" / "thesis").touch()
    Home(tmp_path / "documents", env={}).token()
    assert not (tmp_path / "documents" / "CACHEDIR.TAG").exists()


def test_a_file_in_the_place_of_the_home_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SecretError, match="is not a folder"):
        Home(tmp_path / "file", env={}).token()


@pytest.fixture
def open_folder() -> Generator[Path]:
    """A folder that every user can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


AS_NOBODY = """
import os, sys
from pathlib import Path
from aigw_dev.core.errors import SecretError
from aigw_dev.secrets.home import Home
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    print(Home(Path(sys.argv[1]), env={}).token())
except SecretError as error:
    print(error)
"""


def token_as_nobody(folder: Path) -> str:
    """What `Home.token` says to another user; modules are loaded before root is given up."""
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(folder)], capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout


@root_only
def test_a_home_of_another_user_is_refused(open_folder: Path) -> None:
    (open_folder / "state").mkdir(mode=0o777)
    (open_folder / "state").chmod(0o777)
    assert "belongs to another user (uid 0)" in token_as_nobody(open_folder / "state")


@root_only
def test_a_home_behind_another_users_link_is_refused(open_folder: Path) -> None:
    (open_folder / "mine").mkdir(mode=0o700)
    os.chown(open_folder / "mine", NOBODY, NOBODY)
    (open_folder / "link").symlink_to(open_folder / "mine")
    assert "symbolic link that belongs to another user" in token_as_nobody(open_folder / "link")
    assert "aigwdev-" in token_as_nobody(open_folder / "mine")


@root_only
def test_a_token_that_another_user_planted_is_refused(open_folder: Path) -> None:
    (open_folder / "mine").mkdir(mode=0o700)
    (open_folder / "mine" / "token").write_text("aigwdev-planted")
    (open_folder / "mine" / "token").chmod(0o644)
    os.chown(open_folder / "mine", NOBODY, NOBODY)
    said = token_as_nobody(open_folder / "mine")
    assert "belongs to another user" in said
    assert "aigwdev-planted" not in said


# tokens


def test_tokens_are_made_once_and_survive_restarts(home: Home) -> None:
    first, admin = home.token(), home.admin_token()
    again = Home(home.path, env={})
    assert (again.token(), again.admin_token()) == (first, admin)
    assert first.startswith("aigwdev-")
    assert admin.startswith("aigwdev-")
    assert first != admin
    assert len(first) > 40


def test_many_processes_that_start_together_agree_on_one_token(home: Home) -> None:
    program = "import sys; from pathlib import Path; from aigw_dev.secrets.home import Home; print(Home(Path(sys.argv[1]), env={}).token())"

    def start(_: int) -> str:
        return subprocess.run(
            [sys.executable, "-c", program, str(home.path)], capture_output=True, text=True, check=True
        ).stdout

    with ThreadPoolExecutor(6) as pool:
        tokens = set(pool.map(start, range(6)))
    assert len(tokens) == 1


@pytest.mark.parametrize(
    ("variable", "scope"), [("AIGW_DEV_TOKEN", "gateway"), ("AIGW_DEV_ADMIN_TOKEN", "admin")]
)
def test_a_variable_sets_a_token_without_touching_the_disk(tmp_path: Path, variable: str, scope: str) -> None:
    home = Home(tmp_path / "state", env={variable: " aigwdev-from-the-container \n"})
    token = home.token() if scope == "gateway" else home.admin_token()
    assert token == "aigwdev-from-the-container"
    assert home.token_place("gateway" if scope == "gateway" else "admin") == variable
    assert not home.path.exists()


@pytest.mark.parametrize("text", ["two words", "tökén", "a\x00b"])
def test_a_token_that_no_header_can_carry_is_refused_without_repeating_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(SecretError, match="AIGW_DEV_TOKEN") as caught:
        Home(tmp_path, env={"AIGW_DEV_TOKEN": text}).token()
    assert caught.value.code == "token_invalid"
    assert text not in f"{caught.value}{caught.value.hint}"


def test_rotation_replaces_one_token_and_only_that(home: Home) -> None:
    before, admin = home.token(), home.admin_token()
    after = home.rotate_token()
    assert after != before
    assert home.token() == after
    assert home.admin_token() == admin
    assert home.rotate_token("admin") == home.admin_token() != admin


def test_a_token_that_a_variable_sets_is_not_rotated(tmp_path: Path) -> None:
    home = Home(tmp_path, env={"AIGW_DEV_TOKEN": "aigwdev-fixed"})
    with pytest.raises(SecretError, match="AIGW_DEV_TOKEN sets this token"):
        home.rotate_token()
    assert home.rotate_token("admin").startswith("aigwdev-admin-")


def test_an_empty_token_file_left_by_a_crash_is_filled(home: Home) -> None:
    home.ready()
    (home.path / "token").touch(mode=0o600)
    assert home.token() == home.token()
    assert home.token().startswith("aigwdev-")


def test_rotation_mends_a_damaged_token_file(home: Home) -> None:
    home.token()
    (home.path / "token").write_bytes(b"\xff\xfe not a token")
    with pytest.raises(SecretError) as caught:
        home.token()
    assert caught.value.code == "token_invalid"
    assert "token rotate" in caught.value.hint
    assert home.rotate_token() == home.token()


# gateways


def test_a_gateway_is_its_configs_path(home: Home, tmp_path: Path) -> None:
    one = home.gateway_dir(tmp_path / "a" / "aigw-dev.yaml", "My App!")
    two = home.gateway_dir(tmp_path / "b" / "aigw-dev.yaml", "My App!")
    built_in = home.gateway_dir(None, "")
    assert one.parent == home.path / "gateways"
    assert one.name.startswith("my-app-")
    assert built_in.name.startswith("gateway-")
    assert len({one, two, built_in}) == 3
    assert home.gateway_dirs() == sorted([one, two, built_in])


def test_a_renamed_gateway_keeps_its_folder_and_so_its_log(home: Home, tmp_path: Path) -> None:
    config = tmp_path / "aigw-dev.yaml"
    before = home.gateway_dir(config, "old")
    assert home.gateway_dir(config, "new") == before
    assert home.find_gateway_dir(config) == before


@posix_only
def test_a_config_reached_by_a_link_is_the_same_gateway(home: Home, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert home.gateway_dir(tmp_path / "link" / "c.yaml", "a") == home.gateway_dir(
        tmp_path / "real" / "c.yaml", "a"
    )


@pytest.mark.parametrize("name", ["../../etc", "..", "a/b", "C:\\x", "\u202e", "n" * 300])
def test_no_gateway_name_leads_out_of_the_folder(home: Home, name: str) -> None:
    folder = home.gateway_dir(None, name)
    assert folder.parent == home.path / "gateways"
    assert folder.resolve().is_relative_to(home.path.resolve())
    assert len(folder.name) <= 60


@posix_only
def test_a_lock_that_cannot_be_opened_is_told(home: Home) -> None:
    (home.ready() / "home.lock").symlink_to("/nowhere/lock")
    with pytest.raises(SecretError, match="cannot be written"), home.lock():
        pytest.fail("a link was followed")


def test_a_held_home_is_told_and_not_waited_for_without_end(home: Home) -> None:
    with home.lock(), pytest.raises(SecretError, match="has held"), Home(home.path, env={}).lock(wait_s=0.05):
        pytest.fail("two processes hold one lock")
