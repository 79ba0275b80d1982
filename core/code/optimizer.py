"""The arguments with which an optimizer of torch.optim is made, as code."""

from collections.abc import Mapping
from typing import Any

from core.optimizers import OPTIMIZERS
from core.optimizers.table import FUSED


def optimizer_class(name: str) -> str:
    """The class in torch.optim, as code."""
    return f"torch.optim.{OPTIMIZERS[name].torch_class}"


def arguments(
    name: str, hyper: Mapping[str, float], weight_decay: float, *, fused: bool = False
) -> list[str]:
    """All arguments but the parameters and lr, with the defaults of what `hyper` leaves out.

    `fused` asks for torch's single kernel where there is one on the CPU.
    """
    kind = OPTIMIZERS[name]
    values: dict[str, Any] = {name: row.default for name, row in kind.hyper.items()} | dict(hyper)
    if "beta1" in values:
        values["betas"] = (values.pop("beta1"), values.pop("beta2"))
    if weight_decay or kind.torch_class == "AdamW":  # whose default isn't 0
        values["weight_decay"] = weight_decay
    if fused and kind.torch_class in FUSED:
        values["fused"] = True
    return [f"{name}={value!r}" for name, value in {**kind.fixed, **values}.items()]
