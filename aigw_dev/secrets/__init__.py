"""Secrets, tokens, trust and the state directory. Import the module you need: nothing is loaded from here.

`home` (directory, tokens), `running` (one process per gateway), `resolve` (what the gateway asks), `vault` and
`rotation` (what `keys` does), `trust`, `keyring` (the OS keyring, through a child process), `sources`, `encrypted`.
"""
