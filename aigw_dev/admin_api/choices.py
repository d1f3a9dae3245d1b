"""The admin API's calls about what there is to choose from: models, kinds, keys that lie around, the keyring."""

from collections.abc import Sequence
from typing import Any

from aigw_dev.admin_api.sending import Sending


class ChoiceCalls(Sending):
    """Models, kinds and keys to choose from. Answers are plain JSON values."""

    def models(self, need: str = "") -> list[dict[str, Any]]:
        """Every route (`dynamic`) and listed model with price, key and `operations`; with `need` (`chat`) those that do it."""
        return self._get("/models", {"need": need})["models"]

    def kinds(self) -> list[dict[str, Any]]:
        """Every kind of provider, as templates for a new one."""
        return self._get("/kinds")["kinds"]

    def found_keys(self) -> list[dict[str, Any]]:
        """Keys that lie around in the gateway's variables and its project's .env: fingerprints, never values."""
        return self._get("/keys/found")["found"]

    def import_keys(self, variables: Sequence[str], *, place: str = "keyring") -> list[dict[str, Any]]:
        """Store the keys that stand in these variables; each row's `state` is `stored`, `kept` or `refused`."""
        return self._post("/keys/import", {"variables": list(variables), "place": place})["imported"]

    def keyring(self) -> dict[str, Any]:
        """Which keyring there is and its state: `ok`, `locked`, `none`; `detail` says what is wrong."""
        return self._get("/keyring")
