"""Recording and replay at the provider's edge: what a test sends and gets, with the whole pipeline live in between."""
