"""Faults: every way a provider, or the road to it, can break; decided here, done by whoever holds the connection."""
