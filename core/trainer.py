"""Entry point to training, for notebooks and the command line.

python -m core.trainer DATA --recipe fast --epochs 6 --out lenet.safetensors

from core.trainer import Training, data_set, recipe
training = Training(recipe("fast", epochs=6), data_set("sketches"))
for result in training: ...    # StepResult, EpochResult; training.model is the network
"""

from core.dataset.source import data_set
from core.evaluation import Evaluation, evaluate
from core.training.config import RECIPES, TrainConfig, recipe
from core.training.loop import EpochResult, StepResult, TrainingState, gradient_norms
from core.training.run import Training, fit

__all__ = [
    "RECIPES", "EpochResult", "Evaluation", "StepResult", "TrainConfig", "Training", "TrainingState",
    "data_set", "evaluate", "fit", "gradient_norms", "recipe",
]  # fmt: skip

if __name__ == "__main__":
    from core.training.command_line import main

    main()
