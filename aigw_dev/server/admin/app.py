"""Builds the Litestar application: admin API, its description, metrics. Called once, in a thread, after `ready`."""

import asyncio
from typing import Any

from litestar import Litestar, MediaType, Response, Router, get
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from aigw_dev import __version__
from aigw_dev.core.errors import GatewayError
from aigw_dev.server import metrics
from aigw_dev.server.admin import (
    choices,
    drafting,
    exchanges,
    faults,
    intent,
    keys,
    live,
    places,
    promotes,
    replays,
    trials,
)
from aigw_dev.server.admin.desk import Desk, on_fault, on_gateway, on_http
from aigw_dev.server.gateway import Gateway

_PAGE = """<!doctype html><meta charset="utf-8"><title>aigw-dev admin API</title>
<style>body{font:15px/1.5 system-ui;margin:2rem auto;max-width:60rem}code{background:#eee;padding:0 .3em}
td{padding:.2em 1em .2em 0;vertical-align:top}</style>
<h1>aigw-dev admin API</h1><p>Machine-readable: <a href="/admin/openapi.json">/admin/openapi.json</a>. Every call wants
<code>authorization: Bearer</code> with the text of <code>aigw-dev token show --admin</code>.</p><table>%s</table>"""


def build(gateway: Gateway) -> Litestar:
    """The application for one gateway."""
    desk = Desk(gateway)

    @get("/metrics", media_type=MediaType.TEXT, include_in_schema=False)
    async def scrape() -> Response[str]:
        """Counters of this process in Prometheus' text format."""
        health = await asyncio.to_thread(gateway.recorder.writer.health)
        gauges = {
            "aigw_dev_config_generation": (
                "Configs put in force since the start",
                float(gateway.snapshot.generation),
            ),
            "aigw_dev_log_dropped_rows": ("Exchanges that were not kept", float(health.dropped_rows)),
            "aigw_dev_log_dropped_bodies": ("Exchanges kept without bodies", float(health.dropped_bodies)),
            "aigw_dev_log_waiting": ("Exchanges not durable yet", float(health.waiting)),
            "aigw_dev_running": ("Exchanges that have not ended", float(len(gateway.recorder.running))),
        }
        text = gateway.recorder.metrics.text(gauges=gauges, refused=gateway.turned_away)
        return Response(text, headers={"content-type": metrics.MEDIA_TYPE})

    @get("/admin/docs", media_type=MediaType.HTML, include_in_schema=False)
    async def page() -> str:
        """The API's description for people, made here: no asset comes from anywhere else."""
        rows: list[str] = []
        for path, item in sorted((app.openapi_schema.paths or {}).items()):
            for method in ("get", "put", "post", "delete"):
                operation: Any = getattr(item, method)
                if operation is not None:
                    rows.append(
                        f"<tr><td><code>{method.upper()} {path}</code><td>{operation.description or ''}"
                    )
        return _PAGE % "\n".join(rows)

    app = Litestar(
        [scrape, page, *_routers(desk)],
        openapi_config=OpenAPIConfig(
            title="aigw-dev admin API",
            version=__version__,
            path="/admin",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
            use_handler_docstrings=True,
        ),
        exception_handlers={HTTPException: on_http, GatewayError: on_gateway, Exception: on_fault(desk)},
        logging_config=None,
        signature_namespace={"Any": Any},
    )
    return app


def _routers(desk: Desk) -> list[Router]:
    """A file of handlers for each topic."""
    return [
        exchanges.router(desk),
        live.router(desk),
        replays.router(desk),
        promotes.router(desk),
        intent.router(desk),
        drafting.router(desk),
        places.router(desk),
        keys.router(desk),
        choices.router(desk),
        trials.router(desk),
        faults.router(desk),
    ]
