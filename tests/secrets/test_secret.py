import copy
import json
import logging
import pickle
import traceback

import msgspec
import pytest

from aigw_dev.secrets.secret import Secret

CANARY = "sk-proj-Canary7Value9Never3Shown"


def secret() -> Secret:
    return Secret("openai-api-key", CANARY, "keyring")


class Holder(msgspec.Struct):
    secret: Secret


def test_only_the_value_attribute_gives_the_key_out() -> None:
    assert secret().value == CANARY
    assert secret().name == "openai-api-key"
    assert secret().source == "keyring"


@pytest.mark.parametrize(
    "shown",
    [
        repr(secret()),
        str(secret()),
        f"{secret()}",
        f"{secret()!r:>80}",
        format(secret(), "s"),
        "%s %r" % (secret(), [secret()]),  # noqa: UP031 - logging formats like this
        repr({"key": secret()}),
        repr(Holder(secret())),
    ],
)
def test_no_way_of_printing_shows_the_key(shown: str) -> None:
    assert CANARY not in shown
    assert "openai-api-key" in shown


def test_a_log_record_does_not_hold_the_key(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").error("failed with %s", secret())
    assert CANARY not in caplog.text


def test_a_traceback_with_locals_does_not_show_the_key() -> None:
    def fail(key: Secret) -> None:
        raise ValueError(f"bad {key}")

    with pytest.raises(ValueError, match="bad") as caught:
        fail(secret())
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "openai-api-key" in shown
    assert CANARY not in shown


def test_a_secret_is_never_pickled() -> None:
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(secret())


def test_a_secret_is_never_encoded_as_json() -> None:
    with pytest.raises(TypeError):
        json.dumps({"key": secret()})
    with pytest.raises(TypeError):
        msgspec.json.encode(Holder(secret()))
    with pytest.raises(TypeError):
        msgspec.to_builtins(Holder(secret()))


def test_a_secret_has_no_dictionary_to_dump() -> None:
    assert not hasattr(secret(), "__dict__")


def test_secrets_are_equal_by_value_and_copies_are_the_same_object() -> None:
    one = secret()
    assert one == Secret("env:X", CANARY, "env")
    assert one != Secret("openai-api-key", "other", "keyring")
    assert one != CANARY
    assert copy.copy(one) is one
    assert copy.deepcopy(one) is one
    assert len({one, secret()}) == 1
