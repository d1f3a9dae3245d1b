"""The command line: one file per command group, one row per command in `registry`, run by `dispatch`."""
