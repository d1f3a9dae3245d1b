"""The shell that lives while the gateway lives: door, pipeline, attempts, upstream, relay, recorder, and the admin API."""
