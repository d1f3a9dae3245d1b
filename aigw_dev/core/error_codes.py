"""Every error code a user can meet: its status, what it means and how to mend it.

`aigw-dev explain CODE` prints a row; a test keeps docs/errors.md equal to it.
"""

from typing import Final

import msgspec


class Explanation(msgspec.Struct, frozen=True):
    """What a code means and how to mend it."""

    status: int
    """HTTP status the gateway answers with; 0 for codes that only the command line shows."""
    meaning: str
    remedy: str


CODES: Final[dict[str, Explanation]] = {
    # what the caller sent
    "invalid_json": Explanation(
        400, "The body is not valid JSON.", "Send one UTF-8 JSON object with content-type application/json."
    ),
    "invalid_request": Explanation(
        400,
        "A field that the gateway reads has the wrong type.",
        "`model` is a string, `stream` a boolean; the message names the field.",
    ),
    "invalid_http": Explanation(
        400,
        "The request line, Host or framing is not acceptable.",
        "Send exactly one Host header, an origin-form path, and either content-length or chunked.",
    ),
    "route_metadata_invalid": Explanation(
        400,
        "x-ai-route-metadata could not be read.",
        'Send a flat JSON object or k=v pairs: x-ai-route-metadata: {"tier":"pro"}.',
    ),
    "route_metadata_missing": Explanation(
        400,
        "The route reads metadata and the request sent none.",
        "Add the header x-ai-route-metadata, or set `metadata: optional` on the route.",
    ),
    "model_missing": Explanation(
        400,
        "The request names no model.",
        "Set `model` to provider/model, dynamic/ROUTE or a name listed by GET /v1/models.",
    ),
    "model_not_found": Explanation(
        404,
        "No route, provider or list has this model.",
        "See GET /v1/models or `aigw-dev providers models`; name it provider/model to send it anyway.",
    ),
    "previous_response_not_found": Explanation(
        400,
        "The conversation that the request goes on from is not kept here.",
        "Send the earlier items in `input`; responses are kept unless `store` is false, for a while.",
    ),
    "route_not_found": Explanation(404, "There is no route of this name.", "See `aigw-dev routes list`."),
    "path_not_found": Explanation(404, "The gateway has no such path.", "GET / lists what it serves."),
    "not_configured": Explanation(
        404,
        "This path belongs to a capability that is not configured here.",
        "The message says what would serve it: a section of aigw-dev.yaml, or the path below a provider's prefix.",
    ),
    "method_not_allowed": Explanation(
        405, "The path exists, the method does not.", "Model calls are POST, lists are GET."
    ),
    "thing_not_found": Explanation(
        404,
        "There is no such file, job or response, or it is another consumer's.",
        "Use the id as the call that made it gave it, with the same credential.",
    ),
    "credential_missing": Explanation(
        401,
        "The provider is called with the caller's own credential (`auth: passthrough`), and the request shows none.",
        "Log in with your tool as usual; the gateway's token, where one is wanted, travels in esa_aigw_auth.",
    ),
    "upgrade_required": Explanation(
        426,
        "The path is a WebSocket and was asked for over plain HTTP, or the other way round.",
        "Open a path like /v1/realtime with a WebSocket client; call one whose provider has no WebSocket over HTTP.",
    ),
    "translation_loss": Explanation(
        400,
        "The request cannot be said in the provider's dialect without losing something, and its route does not accept that.",
        "Leave out the fields that the message names, choose a provider that has them, or set `on_loss: allow`.",
    ),
    "operation_not_supported": Explanation(
        400,
        "The provider cannot do this operation.",
        "Choose another provider for it; docs/modalities.md says which have it.",
    ),
    "unsupported_media_type": Explanation(
        415,
        "The content type or encoding is not accepted.",
        "Send content-type: application/json (files: multipart/form-data) and no content-encoding.",
    ),
    "body_too_large": Explanation(
        413, "The body is larger than the gateway accepts.", "Raise gateway.limits.json_mb or upload_mb."
    ),
    "invalid_multipart": Explanation(
        400,
        "The form cannot be read.",
        "Send multipart/form-data as RFC 7578 has it; the message names the part.",
    ),
    "spool_full": Explanation(
        507,
        "The upload could not be kept on disk while it is passed on.",
        "Free some space and send it again.",
    ),
    "headers_too_large": Explanation(
        431, "The request's headers are larger than 64 KiB.", "Send fewer or shorter headers."
    ),
    "too_many_connections": Explanation(
        503,
        "The gateway has as many connections open as it accepts.",
        "Close idle clients, or raise gateway.limits.connections.",
    ),
    "request_timeout": Explanation(
        408, "The request did not arrive in time.", "Send headers within 10 s and a JSON body within 15 s."
    ),
    # who calls
    "gateway_token_required": Explanation(
        401,
        "The call would spend a stored key and nobody said who calls.",
        'Run `aigw-dev run -- CMD`, or eval "$(aigw-dev env)" and send its token.',
    ),
    "credential_revoked": Explanation(
        401,
        "This credential was revoked or has expired.",
        "Get a new one: `aigw-dev token rotate`, or start the run again.",
    ),
    "admin_token_required": Explanation(
        401,
        "The admin API wants admin.token.",
        "Send authorization: Bearer with the text of `aigw-dev token show --admin`.",
    ),
    "host_not_allowed": Explanation(
        403,
        "The Host header names a host this gateway does not answer for.",
        "Use 127.0.0.1 or localhost, or add the name to gateway.allowed_hosts.",
    ),
    "origin_not_allowed": Explanation(
        403,
        "A web page of another origin made this call.",
        "Add the exact origin to gateway.allowed_origins if it is yours.",
    ),
    "not_trusted": Explanation(
        403,
        "The config in this project sets something that could send your keys elsewhere.",
        "Read it and run `aigw-dev trust`.",
    ),
    # keys
    "key_missing": Explanation(
        401, "No key is stored for this provider.", "Run `aigw-dev keys add PROVIDER`."
    ),
    "key_origin_not_allowed": Explanation(
        403, "The key is bound to another origin.", "Run `aigw-dev keys allow NAME ORIGIN` if you mean it."
    ),
    "keyring_locked": Explanation(
        503,
        "The OS keyring is locked or did not answer.",
        "Unlock it and try again, or use env:NAME; `aigw-dev doctor` says more.",
    ),
    "keyring_unavailable": Explanation(
        503,
        "There is no usable OS keyring here.",
        "Use `keys: [env:NAME]`, or `aigw-dev keys add --encrypted-file`.",
    ),
    "key_unreadable": Explanation(
        503,
        "A key's file or variable is there but cannot be used.",
        "The message says why; `chmod 600 FILE` where others can read it.",
    ),
    "key_invalid": Explanation(
        0,
        "The text is not a usable key, key name or reference.",
        "The message says what is wrong; copy the key again, or choose another name.",
    ),
    "key_exists": Explanation(
        0,
        "A key of this name is already stored.",
        "Run `aigw-dev keys rotate NAME` to replace it, or choose another --name.",
    ),
    "passphrase_wrong": Explanation(
        503,
        "The encrypted key file does not open with this passphrase.",
        "Give the right one, by AIGW_DEV_PASSPHRASE_FILE where nobody can type it.",
    ),
    "token_invalid": Explanation(
        0,
        "A gateway token cannot be used or changed.",
        "The message names the variable or file that holds it.",
    ),
    "home_unusable": Explanation(
        0,
        "The state directory cannot be used safely.",
        "The message says why; choose another with --home or AIGW_DEV_HOME.",
    ),
    "trust_unavailable": Explanation(
        503,
        "trust.db, which remembers keys, their origins and trust, cannot be used.",
        "`aigw-dev doctor` names the reason; keys named env: or file: go on working.",
    ),
    # the provider
    "connect_failed": Explanation(
        502,
        "The provider could not be reached.",
        "Check base_url, the network and HTTPS_PROXY; `aigw-dev check` repeats the test.",
    ),
    "tls_failed": Explanation(
        502,
        "The provider's certificate was not accepted.",
        "Set SSL_CERT_FILE to your private CA, or mend base_url.",
    ),
    "proxy_failed": Explanation(
        502, "The proxy refused or failed.", "Check HTTPS_PROXY, NO_PROXY or the provider's `proxy`."
    ),
    "connect_timeout": Explanation(
        504,
        "The provider did not accept a connection in time.",
        "Raise connect_timeout_ms, or add a fallback.",
    ),
    "first_packet_timeout": Explanation(
        504,
        "The first packet of the stream did not come in time.",
        "Raise first_packet_timeout_ms (0 = off), or add a fallback.",
    ),
    "idle_timeout": Explanation(504, "The provider stopped sending.", "Raise idle_timeout_ms."),
    "total_timeout": Explanation(504, "The call took longer than timeout_ms.", "Raise timeout_ms."),
    "upstream_reset": Explanation(
        502, "The provider closed the connection before its reply was whole.", "Try again, or add a fallback."
    ),
    "upstream_protocol": Explanation(
        502,
        "The provider's reply is not valid HTTP or not what was asked for.",
        "See `aigw-dev logs show ID`; check base_url.",
    ),
    "upstream_redirect": Explanation(
        502,
        "The provider answered with a redirect, which is never followed.",
        "Set base_url to where it points, if that is where your key should go.",
    ),
    "upstream_encoded": Explanation(
        502,
        "The provider compressed its reply although it was asked not to.",
        "Remove the compressing proxy in between.",
    ),
    "cancelled": Explanation(
        499,
        "The call was ended because its caller left.",
        "Nothing to mend; the provider's connection was closed at once.",
    ),
    "upstream_failed": Explanation(502, "The upstream call failed.", "See `aigw-dev logs show ID`."),
    "upstream_status": Explanation(
        502, "The provider answered with an error status.", "The provider's own text is in the message."
    ),
    "event_too_large": Explanation(
        502, "One event of the stream is larger than 16 MiB.", "Ask the provider for smaller events."
    ),
    "no_target": Explanation(
        502, "Every target of the route failed.", "See `aigw-dev logs show ID` for each attempt."
    ),
    # the gateway
    "deployment_not_found": Explanation(
        404, "There is no such deployment.", "See `aigw-dev routes history`."
    ),
    "nothing_to_deploy": Explanation(
        409, "There is no draft, and the file is what is live.", "Change the file or the draft first."
    ),
    "gateway_not_running": Explanation(
        0,
        "No gateway serves this config.",
        "Start it with `aigw-dev up`, or name another with --config or AIGW_DEV_URL.",
    ),
    "gateway_unreachable": Explanation(
        0, "The gateway does not answer.", "`aigw-dev status --all` shows those that run; `up` starts one."
    ),
    "upstream_in_band": Explanation(
        0,
        "The provider reported an error inside a stream that had begun.",
        "See `aigw-dev logs show ID`; the provider's own words are in it.",
    ),
    "internal_error": Explanation(
        500, "The gateway has a fault.", "See `aigw-dev logs show ID`, and report it with `aigw-dev doctor`."
    ),
    "shutting_down": Explanation(503, "The gateway is stopping.", "Try again when it is up."),
    "usage_error": Explanation(
        0,
        "The command line cannot be carried out as it stands.",
        "The message names the word at fault; `aigw-dev COMMAND --help` shows how it is called.",
    ),
    "config_invalid": Explanation(
        0,
        "The config has an error; the one in force before stays.",
        "Mend what `aigw-dev config check` names.",
    ),
    "config_changed": Explanation(
        409,
        "The config file changed since it was read; nothing was written.",
        "Read it again and repeat the edit.",
    ),
    "config_conflict": Explanation(
        409,
        "The file and the draft changed the same thing since the draft was begun; nothing was written.",
        "Look at the difference, then edit what the message names once more, or take it out of the draft.",
    ),
    "config_not_writable": Explanation(
        0,
        "The config file cannot be written.",
        "Check its permissions, those of its folder and the disk's space.",
    ),
    "config_edit_refused": Explanation(
        0,
        "This edit cannot be made without rewriting other lines of the config.",
        "Make it by hand with `aigw-dev edit`.",
    ),
    "port_taken": Explanation(
        0,
        "Another process listens on the port.",
        "Stop it, or choose another one with --port (0 picks a free one).",
    ),
    "store_unavailable": Explanation(
        0,
        "The log database cannot be written; requests go on without it.",
        "`aigw-dev doctor` names the file and the reason.",
    ),
    "store_locked": Explanation(
        0,
        "Another process holds the database; requests go on without it.",
        "Stop the other gateway of this config; this one goes on trying.",
    ),
    "store_full": Explanation(
        0,
        "The disk that holds the database is full; requests go on without it.",
        "Free some space, or lower logging.max_mb; this gateway goes on trying.",
    ),
    "store_corrupt": Explanation(
        0,
        "The database was damaged; it was set aside and a new one begun.",
        "The old file is beside it, named *.corrupt-TIME; `sqlite3 FILE .recover` reads what is left.",
    ),
    "store_newer": Explanation(
        0,
        "A newer aigw-dev wrote the database; nothing is read or written.",
        "Update aigw-dev, or choose another --home.",
    ),
    "filter_invalid": Explanation(
        400,
        "The filter cannot be read.",
        "The message says what would be right; docs/logs.md describes the language.",
    ),
    "exchange_not_found": Explanation(
        404, "The log has no such exchange.", "See `aigw-dev logs list`; old ones are pruned."
    ),
    "exchange_ambiguous": Explanation(
        409, "More than one exchange begins with this.", "Give more of its id."
    ),
    "replay_impossible": Explanation(
        409,
        "This exchange cannot be sent again from the log.",
        "The message says what is missing; with logging.record_request on, JSON calls can be sent again.",
    ),
    "promote_impossible": Explanation(
        409, "This exchange cannot become a fixture.", "The message says why; `up --record` keeps more."
    ),
    # recorded exchanges
    "fixture_miss": Explanation(
        424,
        "Replay: no recorded answer is left for this request. Nothing was sent to a provider.",
        "The message shows the nearest recording and the differing fields; record again, or ignore the field.",
    ),
    "test_limit": Explanation(
        424,
        "The test has made as many calls, or as dear ones, as it may. Nothing was sent.",
        "Raise max_calls or max_cost of the test, or find out why it calls so often.",
    ),
    "fixture_invalid": Explanation(
        0,
        "A fixture file cannot be used.",
        "The message says where in the file and what; `aigw-dev fixtures check` looks at all of them.",
    ),
    "fixture_version": Explanation(
        0,
        "A fixture was written in another major version of the format.",
        "Record it again, or use the aigw-dev that wrote it.",
    ),
    "fixture_unsafe": Explanation(
        0,
        "A recording still holds something that looks like a secret, so it was not written.",
        "The message says where and what kind; take it out of the request, or add the key with `aigw-dev keys add`.",
    ),
    "fault_unknown": Explanation(
        400, "This fault cannot be done.", "The message says why; docs/faults.md lists all."
    ),
    "fault_injected": Explanation(0, "A fault that was asked for struck.", "See docs/faults.md."),
}
"""Every code, in the order a request meets them."""
