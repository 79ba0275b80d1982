"""The ten optimizers in one table, and their paths on a surface. Importing the table loads no torch."""

from core.optimizers.table import NAMES, OPTIMIZERS, Hyper, OptimizerKind

__all__ = ["NAMES", "OPTIMIZERS", "Hyper", "OptimizerKind"]
