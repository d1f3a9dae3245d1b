"""The terminal screens: a client of the admin API, and of `/v1` as any caller."""
