"""Streams as they come: events out of bytes, sans-IO."""
