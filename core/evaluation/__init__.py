"""What a network's answers are worth: scores, one image, changed images."""

from core.evaluation.scores import BATCH, Calibration, ClassScores, Evaluation, evaluate, evaluation_of

__all__ = ["BATCH", "Calibration", "ClassScores", "Evaluation", "evaluate", "evaluation_of"]
