"""A step of a torch optimizer without the wrapper around it.

Hooks, a profiler's record and lists built anew take two thirds of `Optimizer.step` on a few numbers.
"""

import inspect
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from torch.optim import Optimizer


class Update:
    """What `optimizer.step()` does, by torch's own update function and on the same tensors.

    For an optimizer with one group, whose settings and gradient tensors stay the same. Parameters that
    require grad need `torch.no_grad()` around it.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self._optimizer = optimizer
        self._update: Callable[[], object] | None = None

    def __call__(self) -> None:
        """Take one step; the first is `optimizer.step()` itself, which makes the state."""
        if self._update is None:
            self._optimizer.step()
            self._update = _bound(self._optimizer)
        else:
            self._update()


def _bound(optimizer: Any) -> Callable[[], object]:
    """Torch's function, such as torch.optim.adam._single_tensor_adam, with the arguments `step` gives it."""
    module = sys.modules[optimizer._init_group.__module__]
    function = getattr(module, f"_single_tensor_{module.__name__.rpartition('.')[2]}")
    (group,) = optimizer.param_groups
    lists: dict[str, list[Any]] = {
        name: [] for name in inspect.signature(optimizer._init_group).parameters if name != "group"
    }
    optimizer._init_group(group, **lists)
    values = {
        **dict.fromkeys(("grad_scale", "found_inf")),
        **dict.fromkeys(("has_complex", "has_sparse_grad"), False),
        **dict(zip(("beta1", "beta2"), group.get("betas", ()), strict=False)),
        **group,
        **lists,
        "params": lists.get("params_with_grad", lists.get("params")),
    }
    order = inspect.signature(function).parameters.values()
    return partial(
        function,
        *(values[each.name] for each in order if each.kind != each.KEYWORD_ONLY),
        **{each.name: values[each.name] for each in order if each.kind == each.KEYWORD_ONLY},
    )
