"""Wire protocols, one module or package each."""

from aigw_dev.core.dialects.registry import DIALECTS

__all__ = ["DIALECTS"]
