"""A stand-in for the `keyring` library, put on PYTHONPATH: the real child program runs, the keyring is a JSON file.

FAKE_ITEMS names the file; FAKE_MODE is what goes wrong: `hang`, `lossy`, `noisy`, `raise:EXCEPTION`, `die`.
"""

from pathlib import Path
from typing import Final

LIBRARY: Final = """
import builtins, json, os, sys, time
mode = os.environ.get("FAKE_MODE", "")
path = os.environ["FAKE_ITEMS"]
if mode == "noisy":
    print("a library that prints on import")

class KeyringError(Exception): pass
class KeyringLocked(KeyringError): pass
class InitError(KeyringError): pass
class PasswordSetError(KeyringError): pass

class Keyring:
    def _items(self):
        try:
            return json.load(open(path))
        except FileNotFoundError:
            return {}
    def _save(self, items):
        json.dump(items, open(path, "w"))
    def _trouble(self, value):
        if mode == "noisy":
            print("a backend that prints", value); os.system("echo and so does its child")
        if mode == "hang":
            time.sleep(3600)
        if mode == "die":
            os._exit(1)
        if mode.startswith("raise:"):
            name = mode.partition(":")[2]
            raise (globals().get(name) or getattr(builtins, name))(f"failed with {value}\\n\\x1b[2J" + "x" * 500)
    def get_password(self, service, username):
        self._trouble(None)
        return self._items().get(f"{service}/{username}")
    def set_password(self, service, username, password):
        self._trouble(password)
        self._save(self._items() | {f"{service}/{username}": password if mode != "lossy" else "other"})
    def delete_password(self, service, username):
        items = self._items(); del items[f"{service}/{username}"]; self._save(items)

Keyring.__module__ = os.environ.get("FAKE_BACKEND", "keyring.backends.libsecret")

def get_keyring():
    return Keyring()
"""


def install(folder: Path) -> Path:
    """Write the library; the folder belongs into PYTHONPATH."""
    (folder / "keyring").mkdir(parents=True)
    (folder / "keyring" / "__init__.py").write_text(LIBRARY)
    return folder
