"""Learning-rate schedules by name, all of them torch's own."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, LRScheduler, MultiStepLR, OneCycleLR


def build(name: str, optimizer: Optimizer, lr: float, total_steps: int) -> LRScheduler:
    """Build a scheduler to step once after each optimizer step, `total_steps` in all.

    constant: lr throughout. step: lr, a tenth of it after half the steps, a hundredth after three quarters.
    cosine: from lr down to 0 (Loshchilov & Hutter 2017).
    one-cycle: up to lr in the first 30%, then down to almost 0 (Smith 2018).
    """
    if name == "step":
        return MultiStepLR(optimizer, [max(1, total_steps // 2), max(1, total_steps * 3 // 4)], gamma=0.1)
    if name == "cosine":
        return CosineAnnealingLR(optimizer, total_steps)
    if name == "one-cycle" and total_steps > 3:  # OneCycleLR needs room for a rise and a fall
        return OneCycleLR(optimizer, lr, total_steps, cycle_momentum=False)
    return LambdaLR(optimizer, _constant)


def _constant(step: int) -> float:
    return 1.0
