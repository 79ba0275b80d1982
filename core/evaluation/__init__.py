"""Evaluation of a network: scores on a split, one image, changed images."""

from core.evaluation.scores import BATCH, Calibration, ClassScores, Evaluation, evaluate, evaluation_of

__all__ = ["BATCH", "Calibration", "ClassScores", "Evaluation", "evaluate", "evaluation_of"]
