"""The evaluation as a program to take along."""

from core.code.evaluation import evaluation_printed
from core.evaluation import Evaluation
from pages.app.language import current
from pages.shared.model_picker import ModelChoice


def program(model: ModelChoice, result: Evaluation, split: str) -> None:
    """Offer the program that judges the chosen network; its notebook holds the scores on validation."""
    from pages.shared.programs import offer_evaluation  # imports nbformat, so only for those who look

    printed = {"scores": evaluation_printed(result, current())} if split == "validation" else {}
    offer_evaluation(model, "weights.pt", "evaluation", lambda: printed)
