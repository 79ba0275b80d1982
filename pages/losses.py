"""Losses from logits to gradient: cross-entropy, probabilities, a second softmax, squared error.

Also loss, cost and objective, and lines of code that are wrong.
"""

from pages.app.language import PageWords
from pages.app.tabs import panels
from pages.panels.losses import batch, comparison, cross_entropy, objective, probabilities, squared_error
from pages.shared import wrong_lines

words = PageWords("losses")

# Show
panels(
    {
        "cross_entropy": cross_entropy.panel,
        "batch": batch.panel,
        "probabilities": probabilities.panel,
        "second": lambda: comparison.panel("second", ("cross_entropy", "second_softmax")),
        "mse": squared_error.panel,
        "versus": lambda: comparison.panel("versus", ("cross_entropy", "mse_softmax", "mse_logits")),
        "objective": objective.panel,
        "wrong": lambda: wrong_lines.panel(words),
    },
    words,
    "losses.tab",
)
