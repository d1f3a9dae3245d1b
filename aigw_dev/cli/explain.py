"""`aigw-dev explain CODE`: what an error code means and how to mend it."""

import difflib
from typing import Annotated

import typer

from aigw_dev.cli import output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, CommandError
from aigw_dev.core import harmless
from aigw_dev.core.errors import CODES


def explain(
    context: Context,
    code: Annotated[
        str | None, typer.Argument(help="The code of an error; without one, all of them.", metavar="CODE")
    ] = None,
) -> int:
    """Say what an error code means and how to mend it.

    Every error of the gateway and of this command carries a code such as keyring_locked.
    """
    if code is None:
        return _all(context)
    name = code.strip().lower().replace("-", "_")
    row = CODES.get(name)
    if row is None:
        near = ", ".join(difflib.get_close_matches(name, CODES, n=3, cutoff=0.5))
        raise CommandError(
            f"There is no error code `{harmless.line(code[:60])}`.",
            hint=f"Near it: {near}." if near else "`aigw-dev explain` lists all of them.",
        )
    if context.is_json:
        output.print_json({"code": name, "status": row.status, "meaning": row.meaning, "remedy": row.remedy})
        return DONE
    status = f" (HTTP {row.status})" if row.status else ""
    output.say(f"{output.styled(name, 'bold')}{status}\n  {row.meaning}\n  {row.remedy}")
    return DONE


def _all(context: Context) -> int:
    if context.is_json:
        output.print_json(
            [
                {"code": name, "status": row.status, "meaning": row.meaning, "remedy": row.remedy}
                for name, row in CODES.items()
            ]
        )
        return DONE
    output.table(
        ["CODE", "HTTP", "MEANING"],
        [[name, str(row.status or "-"), row.meaning] for name, row in CODES.items()],
        right=frozenset({"HTTP"}),
    )
    return DONE
