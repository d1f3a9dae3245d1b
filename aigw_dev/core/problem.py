"""What is wrong with a config, said so that a person can mend it."""

from typing import Literal

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing wrong with a config: what, where, and how to mend it."""

    path: tuple[str | int, ...]
    """Keys and list positions from the root; empty for the whole document."""
    message: str
    """What is wrong, naming the value."""
    hint: str = ""
    """How to mend it, or empty."""
    severity: Literal["error", "warning"] = "error"
    file: str = ""
    """The file, where it is known (the shell adds it)."""
    line: int = 0
    """1-based line in `file`; 0 = not known (the shell adds it)."""
    column: int = 0
    """1-based column; 0 = not known."""

    def where(self) -> str:
        """`aigw-dev.yaml:12:5 routes.ai-test.flow.if`, as far as it is known."""
        dotted = ".".join(str(step) for step in self.path)
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return " ".join(part for part in (place, dotted) if part)

    def text(self) -> str:
        """The whole problem in one paragraph."""
        head = f"{self.where()}: {self.message}" if self.where() else self.message
        return f"{head}\n  {self.hint}" if self.hint else head
