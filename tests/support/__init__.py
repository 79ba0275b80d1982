"""Helpers that the tests share: watching processes, small data sets, visits without a browser, job tasks."""

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
"""The checkout."""
