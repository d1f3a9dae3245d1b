"""Keys over the admin API, kept in the encrypted file so that no keyring is needed."""

from pathlib import Path

import pytest

from tests.server.house import House, house

pytestmark = pytest.mark.anyio
KEY = "sk-proj-0123456789abcdefghijklmnop"
CONFIG = "version: 1\nproviders:\n  openai: {}\n"


@pytest.fixture
def anyio_backend() -> str:
    """One loop: what takes time here is the key derivation of the encrypted file."""
    return "asyncio"


def env(folder: Path) -> dict[str, str]:
    secret = folder / "passphrase"
    secret.write_text("correct horse battery staple\n", "utf-8")
    secret.chmod(0o600)
    return {"AIGW_DEV_PASSPHRASE_FILE": str(secret)}


async def put(one: House, name: str, **more: object) -> int:
    body = {"value": KEY, "provider": "openai", "place": "encrypted", **more}
    reply = await one.http.put(f"/admin/v1/keys/{name}", json=body, headers=one.admin())
    assert KEY not in reply.text
    return reply.status_code


async def test_a_key_goes_in_is_in_force_at_once_and_never_comes_out(tmp_path: Path) -> None:
    async with house(tmp_path, CONFIG, env=env(tmp_path)) as one:
        before = (await one.http.get("/admin/v1/providers", headers=one.admin())).json()["providers"]
        assert not next(row for row in before if row["name"] == "openai")["usable"]
        assert await put(one, "openai-api-key") == 200
        after = (await one.http.get("/admin/v1/providers", headers=one.admin())).json()["providers"]
        assert next(row for row in after if row["name"] == "openai")["usable"]
        listed = await one.http.get("/admin/v1/keys", headers=one.admin())
        row = listed.json()["keys"][0]
        assert (row["name"], row["origins"]) == ("openai-api-key", ["https://api.openai.com"])
        assert row["fingerprint"].endswith("mnop")
        assert KEY not in listed.text
        audit = (await one.http.get("/admin/v1/audit", headers=one.admin())).text
        assert "key.added" in audit
        assert KEY not in audit


async def test_a_name_that_is_taken_is_an_error_until_it_is_replaced(tmp_path: Path) -> None:
    async with house(tmp_path, CONFIG, env=env(tmp_path)) as one:
        await put(one, "k")
        assert await put(one, "k") >= 400
        assert await put(one, "k", is_replacing=True) == 200


async def test_a_key_is_rotated_allowed_elsewhere_and_removed(tmp_path: Path) -> None:
    async with house(tmp_path, CONFIG, env=env(tmp_path)) as one:
        await put(one, "k")
        url = "/admin/v1/keys/k"
        rotated = await one.http.post(f"{url}/rotate", json={"value": KEY[:-1] + "q"}, headers=one.admin())
        assert rotated.json()["fingerprint"].endswith("mnoq")
        allowed = await one.http.post(
            f"{url}/allow", json={"origin": "https://proxy.test"}, headers=one.admin()
        )
        assert "https://proxy.test" in allowed.json()["origins"]
        assert (await one.http.delete(url, headers=one.admin())).status_code == 200
        assert (await one.http.get("/admin/v1/keys", headers=one.admin())).json()["keys"] == []


async def test_a_key_for_nobody_wants_origins(tmp_path: Path) -> None:
    async with house(tmp_path, CONFIG, env=env(tmp_path)) as one:
        assert await put(one, "k", provider="nobody") == 400
        assert await put(one, "k", provider="nobody", origins=["https://a.test"]) == 200
