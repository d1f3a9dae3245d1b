"""The admin API under `/admin/v1`, `/admin/openapi.json` and its page, and `/metrics`: Litestar's part of the gateway.

The door has already checked Host, Origin, token and content type. Handlers are thin: they call the gateway, the store
or the core, and give back structs or plain JSON values. Whatever blocks runs in a thread.
"""
