"""Foreign recordings as fixtures: vcrpy, go-vcr, HAR, aimock. Documents come parsed; what is read here is plain data."""

from aigw_dev.core.recording.importing.formats import IMPORTERS, Importer, guess
from aigw_dev.core.recording.importing.imported import Imported, Store

__all__ = ("IMPORTERS", "Imported", "Importer", "Store", "guess")
