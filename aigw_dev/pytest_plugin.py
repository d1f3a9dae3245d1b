"""The pytest plugin's place: registered so that the entry point is ours, inert until its capability lands."""
