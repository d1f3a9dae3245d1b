"""Fixtures: recorded exchanges as files, their keys, matching, faults. Pure: files and sockets are others' business."""
