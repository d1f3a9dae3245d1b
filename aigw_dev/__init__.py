"""A local AI gateway and testbench."""

__version__ = "0.1.0"
