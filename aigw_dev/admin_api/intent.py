"""The admin API's calls about what is meant to happen: config, draft, deployments, routes."""

from collections.abc import Mapping, Sequence
from typing import Any

from aigw_dev.admin_api.sending import AdminError, Sending, segment


class IntentCalls(Sending):
    """Config, draft, deployments and routes. Answers are plain JSON values."""

    def config(self) -> dict[str, Any]:
        """The config's text, digest, path, problems and the effective values."""
        return self._get("/config")

    def put_config(self, text: str, *, digest: str, note: str = "", is_draft: bool = False) -> dict[str, Any]:
        """Write a new config against the digest it was made from, and apply it (or keep it as the draft)."""
        path = "/draft" if is_draft else "/config"
        return self._call("PUT", path, json={"text": text, "note": note}, headers={"if-match": f'"{digest}"'})

    def set_values(self, changes: Sequence[Mapping[str, Any]], digest: str, note: str = "") -> dict[str, Any]:
        """Change single settings in the file, in force at once, and in an open draft; the same answer as `put_config`.

        Each change is `{"path": [...]}` with one of `"value": anything`, `"delete": True`, `"rename": "new key"`. A
        renamed provider is followed wherever a route sends to it.
        """
        body = {"changes": [dict(change) for change in changes], "note": note}
        return self._call("POST", "/config/values", json=body, headers={"if-match": f'"{digest}"'})

    def validate(self, text: str) -> list[dict[str, Any]]:
        """What is wrong with a config; nothing is applied."""
        return self._post("/config/validate", {"text": text})["problems"]

    def draft(self) -> dict[str, Any] | None:
        """The draft route by route, its problems and its difference from what is live, or None."""
        return self._get("/draft")["draft"]

    def put_route(
        self, name: str, tree: Mapping[str, Any], digest: str, *, rename_from: str = ""
    ) -> dict[str, Any]:
        """Make a route so in the draft (begun from the file where there is none); the draft.

        `digest` is that of the file the edit was made from: `config()["digest"]`, `draft()["base_digest"]`.
        """
        body = {"tree": dict(tree), "rename_from": rename_from}
        return self._drafted("PUT", name, digest, body=body)

    def remove_route(self, name: str, digest: str) -> dict[str, Any]:
        """Take a route out, in the draft."""
        return self._drafted("DELETE", name, digest)

    def rename_route(self, name: str, to: str, digest: str) -> dict[str, Any]:
        """Give a route another name, in the draft."""
        return self._drafted("POST", name, digest, act="/rename", body={"to": to})

    def duplicate_route(self, name: str, to: str, digest: str) -> dict[str, Any]:
        """Put a copy of a route below it, in the draft; the names it claims are not copied."""
        return self._drafted("POST", name, digest, act="/duplicate", body={"to": to})

    def revert_route(self, name: str) -> dict[str, Any]:
        """Make a route in the draft what it is in the file; the draft, `is_empty` where nothing is left of it."""
        return self._post(f"/draft/routes/{segment(name)}/revert")["draft"]

    def drop_draft(self) -> dict[str, Any]:
        """Throw the draft away."""
        return self._call("DELETE", "/draft")

    def deploy(self, note: str = "", routes: list[str] | None = None) -> dict[str, Any]:
        """Put the draft (of `routes` only those), or a file that waits under `deploy: manual`, in force.

        Where file and draft changed the same thing: an `AdminError` `config_conflict` with the diff in `detail`.
        """
        return self._post("/deploy", {"note": note, "routes": routes})

    def deployments(self, *, limit: int = 50) -> list[dict[str, Any]]:
        """What was in force, newest first, without the texts."""
        return self._get("/deployments", {"limit": limit})["deployments"]

    def deployment(self, number: int) -> dict[str, Any]:
        """One deployment with its text."""
        return self._get(f"/deployments/{number}")

    def rollback(self, number: int, *, note: str = "") -> dict[str, Any]:
        """Write an earlier deployment's text back, as a new deployment."""
        return self._post("/rollback", {"number": number, "note": note})

    def routes(self) -> list[dict[str, Any]]:
        """Every route with description, claimed names, flow, and the deployment it comes from (`version`)."""
        return self._get("/routes")["routes"]

    def route_history(self, name: str) -> list[dict[str, Any]]:
        """The deployments that changed a route, newest first; `tree` is None where one took it out."""
        return self._get(f"/routes/{segment(name)}/history")["history"]

    def rollback_route(self, name: str, number: int, note: str = "") -> dict[str, Any]:
        """Make one route what it was in a deployment, as a new deployment; not there then is gone now."""
        return self._post(f"/routes/{segment(name)}/rollback", {"number": number, "note": note})

    def explain(self, route: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """What a route would decide for `request` (metadata, headers, body ...); nothing is sent."""
        return self._post(f"/routes/{segment(route)}/explain", request)

    def _drafted(
        self, method: str, name: str, digest: str, *, act: str = "", body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        if "/" in name or not name:
            raise AdminError(
                f"a route cannot be called {name!r}",
                code="config_edit_refused",
                hint="Use letters, digits, `-` and `_`.",
                status=400,
            )
        path = f"/draft/routes/{segment(name)}{act}"
        return self._call(method, path, json=body, headers={"if-match": f'"{digest}"'})["draft"]
