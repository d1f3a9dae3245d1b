"""The Chat screen's parts: what is typed, what is running, what is kept."""
