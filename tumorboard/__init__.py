"""Tumorboard: evidence with its sources, the meeting, the signed decision."""

__version__ = "0.1.0"
