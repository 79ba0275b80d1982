"""Entry point to training, for notebooks and the command line.

python -m core.trainer DATA --recipe fast --epochs 6 --out lenet.safetensors

from core.dataset import splits
from core.trainer import fit, recipe
for result in fit(recipe("fast", epochs=6), splits("cifar-10-batches-py", seed=0)): ...
"""

from core.evaluation import Evaluation, evaluate
from core.training.config import RECIPES, TrainConfig, recipe
from core.training.loop import EpochResult, StepResult, TrainingState, gradient_norms
from core.training.run import Training, fit

__all__ = [
    "RECIPES", "EpochResult", "Evaluation", "StepResult", "TrainConfig", "Training", "TrainingState",
    "evaluate", "fit", "gradient_norms", "recipe",
]  # fmt: skip

if __name__ == "__main__":
    from core.training.command_line import main

    main()
