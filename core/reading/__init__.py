"""Networks as learners paste them, followed by a small symbolic interpreter and never executed.

Imports no torch.
"""

from core.reading.paste import MOST_CHARACTERS, Pasted, parse
from core.reading.values import Unread

__all__ = ["MOST_CHARACTERS", "Pasted", "Unread", "parse"]
