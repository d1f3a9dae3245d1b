"""SQLite: log.db with what happened (`writer`, `reader`, `stats`), state.db with what must not be lost (`state`)."""
