"""`aigw-dev token show|rotate`: the gateway's own tokens."""

from typing import Annotated

import typer

from aigw_dev.cli import output
from aigw_dev.cli.announce import announce
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE
from aigw_dev.cli.place import Place
from aigw_dev.secrets.home import Scope

_ADMIN = Annotated[bool, typer.Option("--admin", help="The admin token, which opens everything.")]


def token_show(context: Context, admin: _ADMIN = False) -> int:
    """Print the gateway's token, on stdout and nothing else.

    It opens /v1 and /metrics; the admin token opens everything. Made at its first use, the same after a restart.
    """
    place, scope = Place(context), _scope(is_admin=admin)
    token = place.home.admin_token() if admin else place.home.token()
    if context.is_json:
        output.print_json({"token": token, "scope": scope, "place": place.home.token_place(scope)})
    else:
        output.say(token)
    return DONE


def token_rotate(context: Context, admin: _ADMIN = False) -> int:
    """Replace the gateway's token by a new one, at once.

    Callers that hold the old one get 401 from now on. Prints where the new one is; `token show` prints it.
    """
    place, scope = Place(context), _scope(is_admin=admin)
    known_to_gateways = place.home.admin_token()
    place.home.rotate_token(scope)
    told = announce(place, "tokens", action="token.rotated", subject=scope, token=known_to_gateways)
    where = place.home.token_place(scope)
    if context.is_json:
        output.print_json({"scope": scope, "place": where, "gateways_told": told})
        return DONE
    output.say(f"a new token is in {where}; the old one is good for nothing now")
    if told:
        rest = "" if admin else '; callers need `eval "$(aigw-dev env)"` again'
        output.note(f"{told} running gateway(s) took it{rest}")
    return DONE


def _scope(*, is_admin: bool) -> Scope:
    return "admin" if is_admin else "gateway"
