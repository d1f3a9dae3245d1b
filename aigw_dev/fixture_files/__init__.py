"""Fixtures as files: where they lie, how they are read and written safely; what they say is core.recording's business."""
