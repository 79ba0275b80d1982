"""What the tests share: other processes watched, small data sets, visits without a browser, tasks for jobs."""

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
"""The checkout."""
