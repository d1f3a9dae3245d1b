"""The neutral vocabulary of chat: requests, replies, and the events of a streamed reply."""
