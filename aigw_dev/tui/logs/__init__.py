"""The Logs screen's parts: a list over the whole log, its filter, what is shown of one exchange."""
