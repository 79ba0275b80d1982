"""The app's ten optimizers in one table, which the trainer, the arena, every menu and every link read.

Importing the table loads no torch; a constructor is looked up on demand.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.checks import Bounds, Number, known

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Hyper(Number):
    """One hyper-parameter: its default and the closed range that the app allows.

    torch: torch's default, where the app's is another.
    """

    torch: float | None = None

    @property
    def torch_default(self) -> float:
        """The default in the signature of torch's class."""
        return self.default if self.torch is None else self.torch


LR = Bounds(1e-8, 100.0)
WEIGHT_DECAY = Bounds(0.0, 1.0)
FUSED = ("SGD", "Adagrad", "Adam", "AdamW")  # on the CPU
BETA1 = Hyper(0.9, 0.0, 0.999)
BETA2 = Hyper(0.999, 0.0, 0.99999)
EPS = Hyper(1e-8, 1e-12, 1.0)


@dataclass(frozen=True)
class OptimizerKind:
    """One row of the table: torch class, fixed arguments, hyper-parameters, rule and source."""

    torch_class: str
    lr: float  # torch's default
    formula: str  # LaTeX, in torch's own convention
    source: str
    hyper: Mapping[str, Hyper] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def constructor(self) -> Any:
        """The class in torch.optim."""
        from torch import optim

        return getattr(optim, self.torch_class)

    def build(
        self,
        parameters: "Iterable[torch.Tensor]",
        lr: float,
        weight_decay: float = 0.0,
        *,
        fused: bool = False,
        **hyper: float,
    ) -> "torch.optim.Optimizer":
        """Build a torch optimizer over `parameters`; hyper-parameters left out take their defaults.

        `fused` takes torch's single-kernel version of the same rule where there is one: with LeNet's ten
        small tensors the plain version spends 10% of a step of 16 images in Python.
        Raises InputError for a hyper-parameter that this optimizer doesn't have or that is out of range.
        """
        values = {name: row.default for name, row in self.hyper.items()} | self.checked(hyper)
        if "beta1" in values:
            values["betas"] = (values.pop("beta1"), values.pop("beta2"))  # type: ignore[assignment]
        fixed = {**self.fixed, "fused": True} if fused and self.torch_class in FUSED else self.fixed
        optimizer: torch.optim.Optimizer = self.constructor(
            parameters, lr=lr, weight_decay=weight_decay, **fixed, **values
        )
        return optimizer

    def checked(self, hyper: Mapping[str, float]) -> dict[str, float]:
        """Return `hyper` as floats. Raises InputError for an unknown name or a value out of its range."""
        known(hyper, self.hyper)
        return {name: self.hyper[name].checked(name, value) for name, value in hyper.items()}


NAMES: Mapping[str, str] = {
    "sgd": "SGD",
    "momentum": "SGD + momentum",
    "nesterov": "SGD + Nesterov",
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
    "rmsprop": "RMSprop",
    "adam": "Adam",
    "adamw": "AdamW",
    "nadam": "NAdam",
    "radam": "RAdam",
}
"""Display names, the same in every language."""

_SGD = "https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html"
_MOMENTUM = {"momentum": Hyper(0.9, 0.0, 0.999, torch=0.0)}
_ADAM = {"beta1": BETA1, "beta2": BETA2, "eps": EPS}

OPTIMIZERS: Mapping[str, OptimizerKind] = {
    "sgd": OptimizerKind(
        "SGD", 1e-3, r"\theta_t = \theta_{t-1} - \gamma\, g_t", f"Robbins & Monro 1951; {_SGD}"
    ),
    "momentum": OptimizerKind(
        "SGD",
        1e-3,
        r"v_t = \mu v_{t-1} + g_t,\quad \theta_t = \theta_{t-1} - \gamma\, v_t",
        f"Polyak 1964; {_SGD}",
        _MOMENTUM,
    ),
    "nesterov": OptimizerKind(
        "SGD",
        1e-3,
        r"v_t = \mu v_{t-1} + g_t,\quad \theta_t = \theta_{t-1} - \gamma\,(g_t + \mu v_t)",
        f"Nesterov 1983, Sutskever et al. 2013; {_SGD}",
        {"momentum": Hyper(0.9, 0.01, 0.999, torch=0.0)},  # torch refuses Nesterov without momentum
        {"nesterov": True},
    ),
    "adagrad": OptimizerKind(
        "Adagrad",
        1e-2,
        r"G_t = G_{t-1} + g_t^2,\quad \theta_t = \theta_{t-1} - \frac{\gamma}{\sqrt{G_t} + \epsilon}\, g_t",
        "Duchi, Hazan & Singer 2011",
        {"lr_decay": Hyper(0.0, 0.0, 1.0), "eps": Hyper(1e-10, 1e-12, 1.0)},
    ),
    "adadelta": OptimizerKind(
        "Adadelta",
        1.0,
        r"v_t = \rho v_{t-1} + (1-\rho) g_t^2,\quad"
        r" \Delta_t = \frac{\sqrt{u_{t-1}+\epsilon}}{\sqrt{v_t+\epsilon}}\, g_t,\quad"
        r" u_t = \rho u_{t-1} + (1-\rho)\Delta_t^2,\quad \theta_t = \theta_{t-1} - \gamma \Delta_t",
        "Zeiler 2012, algorithm 1",
        {"rho": Hyper(0.9, 0.0, 0.999), "eps": Hyper(1e-6, 1e-12, 1.0)},
    ),
    "rmsprop": OptimizerKind(
        "RMSprop",
        1e-2,
        r"v_t = \alpha v_{t-1} + (1-\alpha) g_t^2,\quad"
        r" \theta_t = \theta_{t-1} - \frac{\gamma}{\sqrt{v_t}+\epsilon}\, g_t",
        "Hinton 2012, lecture 6e",
        {"alpha": Hyper(0.99, 0.0, 0.9999), "eps": EPS, "momentum": Hyper(0.0, 0.0, 0.999)},
    ),
    "adam": OptimizerKind(
        "Adam",
        1e-3,
        r"m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t,\quad v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2,\quad"
        r" \theta_t = \theta_{t-1} - \gamma \frac{m_t/(1-\beta_1^t)}{\sqrt{v_t/(1-\beta_2^t)}+\epsilon}",
        "Kingma & Ba 2015, algorithm 1",
        _ADAM,
    ),
    "adamw": OptimizerKind(
        "AdamW",
        1e-3,
        r"\theta_t = (1-\gamma\lambda)\,\theta_{t-1} - \gamma \frac{\hat m_t}{\sqrt{\hat v_t}+\epsilon}",
        "Loshchilov & Hutter 2019, algorithm 2",
        _ADAM,
    ),
    "nadam": OptimizerKind(
        "NAdam",
        2e-3,
        r"\theta_t = \theta_{t-1} - \gamma \frac{\mu_{t+1} m_t/(1-\prod_{i=1}^{t+1}\mu_i)"
        r" + (1-\mu_t) g_t/(1-\prod_{i=1}^{t}\mu_i)}"
        r"{\sqrt{\hat v_t}+\epsilon}",
        "Dozat 2016",
        {**_ADAM, "momentum_decay": Hyper(4e-3, 0.0, 1.0)},
    ),
    "radam": OptimizerKind(
        "RAdam",
        1e-3,
        r"\theta_t = \theta_{t-1} - \gamma\, \hat m_t\, r_t / \hat v_t^{1/2}\ \ (\rho_t > 5),\quad"
        r" \theta_t = \theta_{t-1} - \gamma\, \hat m_t\ \ (\text{otherwise})",
        "Liu et al. 2020, algorithm 2",
        _ADAM,
    ),
}
