"""Sizes of layers and networks as integers: the formula, editable networks, and where a network breaks.

Only torch_check and basic_block import torch.

conv_output_size(32, 5)                       28
pool_output_size((13, 9), 2, ceil_mode=True)  (7, 5)
conv = Layer("Conv2d", {"in_channels": 3, "out_channels": 6, "kernel_size": 5})
trace([conv], (3, 32, 32))[0].output_shape    (6, 28, 28)
"""

from core.shapes.layers import LAYERS, Layer, LayerKind
from core.shapes.trace import LayerShape, conv_output_size, pool_output_size, trace

__all__ = ["LAYERS", "Layer", "LayerKind", "LayerShape", "conv_output_size", "pool_output_size", "trace"]
