"""The ten rules in one table, and where they go on a surface. Importing the table loads no torch."""

from core.optimizers.table import NAMES, OPTIMIZERS, Hyper, OptimizerKind

__all__ = ["NAMES", "OPTIMIZERS", "Hyper", "OptimizerKind"]
