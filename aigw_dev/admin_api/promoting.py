"""The admin API's call that makes a fixture and a test of logged calls."""

from collections.abc import Sequence
from typing import Any

from aigw_dev.admin_api.sending import Sending, segment


class PromotingCalls(Sending):
    """From the log to a test. Answers are plain JSON values."""

    def promote(
        self,
        names: Sequence[str],
        *,
        name: str = "",
        file: str = "",
        folder: str = "",
        asserts: Sequence[str] | None = None,
        has_test: bool = True,
    ) -> dict[str, Any]:
        """These exchanges as the texts of one fixture and one pytest test; nothing is written.

        `name` is the test's, `file` its module below the project, `folder` where a module of its own goes where no `file`
        is named. What the log does not hold is an `AdminError` `promote_impossible`, a secret that is left
        `fixture_unsafe`. `fixture_files.promoted` writes what came.
        """
        body: dict[str, Any] = {
            "more": list(names[1:]),
            "name": name,
            "file": file,
            "folder": folder,
            "has_test": has_test,
        }
        if asserts is not None:
            body["asserts"] = list(asserts)
        return self._post(f"/exchanges/{segment(names[0] if names else '')}/promote", body)
