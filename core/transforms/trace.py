"""A pipeline at work: random draws of one image, values between steps, and what a step or LeNet refuses."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.data import default_collate
from torchvision.transforms.v2 import functional as F

from core.lenet import LeNet
from core.normalisations import Normalisation
from core.normalise import denormalise
from core.transforms.pipeline import TransformStep

# Every function these transforms draw with.
_RANDOM = {torch.rand, torch.randint, torch.randperm, Tensor.uniform_, Tensor.normal_}


@dataclass(frozen=True)
class Observation:
    """A value between two steps: its type, its shape, (H, W) for a PIL image, and its range."""

    kind: str
    shape: tuple[int, ...]
    dtype: str
    low: float
    high: float
    mean: float

    @property
    def is_tensor(self) -> bool:
        """Whether the value is a tensor, not a PIL image."""
        return not self.kind.startswith("PIL")

    @property
    def is_float(self) -> bool:
        """Whether the values are floating-point."""
        return self.dtype.startswith("float")


@dataclass(frozen=True)
class Refusal:
    """An error in PyTorch's own words; `by` is the step's number (from 0), "DataLoader" or "LeNet"."""

    by: int | str
    error: str
    message: str


@dataclass(frozen=True)
class Caution:
    """A step that gives wrong values or does nothing, without an error; `key` names the mistake."""

    step: int
    key: str


@dataclass(frozen=True, eq=False)
class Draws:
    """Values for each seed, as far as the pipeline got.

    `seen` follows the first seed: the original image, then the value after each step.
    """

    values: tuple[Any, ...]
    seen: tuple[Observation, ...]
    refusal: Refusal | None

    @property
    def finished(self) -> int:
        """Number of steps that were done."""
        return len(self.seen) - 1


class Seeded(TorchFunctionMode):
    """Mode in which this thread draws from a random generator of its own, as after torch.manual_seed(seed).

    Torch's global generator is left alone: other threads of a server share it and neither disturb nor notice.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._generator = torch.Generator().manual_seed(seed)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in _RANDOM and kwargs.get("generator") is None:
            return func(*args, **{**kwargs, "generator": self._generator})
        return func(*args, **kwargs)


def draws(image: Image.Image, steps: Iterable[TransformStep], seeds: Sequence[int]) -> Draws:
    """Run the pipeline on the same image once for each seed; PyTorch's errors are returned, not raised."""
    transforms = [step.make() for step in steps]
    seen = [observe(image)]
    values, refusal = [], None
    for count, seed in enumerate(seeds):
        value: Any = image
        with Seeded(seed):
            for number, transform in enumerate(transforms):
                try:
                    value = transform(value)
                except Exception as error:  # of any type: a learner should read it
                    refusal = refusal or Refusal(number, type(error).__name__, str(error))
                    break
                if count == 0:
                    seen.append(observe(value))
        values.append(value)
    return Draws(tuple(values), tuple(seen), refusal or _handed_on(values))


def observe(value: Image.Image | Tensor) -> Observation:
    """Describe a value by its type, shape, dtype and range."""
    if isinstance(value, Image.Image):
        pixels = F.pil_to_tensor(value)
        return Observation(f"PIL.Image {value.mode}", (value.height, value.width), "uint8", *_range(pixels))
    kind = "torch.Tensor" if type(value) is Tensor else f"tv_tensors.{type(value).__name__}"
    return Observation(kind, tuple(value.shape), str(value.dtype).removeprefix("torch."), *_range(value))


def _range(values: Tensor) -> tuple[float, float, float]:
    low, high = values.as_subclass(Tensor).aminmax()
    return float(low), float(high), float(values.as_subclass(Tensor).float().mean())


def _handed_on(values: Sequence[Any]) -> Refusal | None:
    """Refusal of a batch of these values by the DataLoader, then by LeNet; None if both take it."""
    try:
        batch = default_collate(list(values))
    except (TypeError, RuntimeError) as error:
        return Refusal("DataLoader", type(error).__name__, str(error))
    try:
        with torch.no_grad():
            _lenet()(batch)
    except RuntimeError as error:
        return Refusal("LeNet", type(error).__name__, str(error))
    return None


@cache
def _lenet() -> LeNet:
    """LeNet with all weights 0: only its shapes matter, and the caller's random state is left alone."""
    with torch.random.fork_rng(devices=[]):
        network = LeNet().eval()
    for parameter in network.parameters():
        nn.init.zeros_(parameter)
    return network


def cautions(steps: Sequence[TransformStep], seen: Sequence[Observation]) -> list[Caution]:
    """Find silent mistakes in the steps that were done."""
    found = []
    normalised = False
    for number, (step, before, after) in enumerate(zip(steps, seen, seen[1:], strict=False)):
        key = _caution(step, before, after, normalised)
        if key:
            found.append(Caution(number, key))
        normalised = normalised or step.kind == "normalize"
    return found


def _caution(step: TransformStep, before: Observation, after: Observation, normalised: bool) -> str | None:
    if step.kind == "todtype" and not before.is_tensor:
        return "todtype_pil"  # ToDtype passes a PIL image on unchanged
    if step.kind == "todtype" and after.is_float and not before.is_float and not step.params["scale"]:
        return "unscaled"
    if step.kind == "jitter" and before.is_float and (before.low < 0 or before.high > 1):
        return "jitter_clamps"  # ColorJitter takes a float image to lie in 0..1
    if step.kind == "normalize" and normalised:
        return "normalize_twice"
    return None


def undone(value: Tensor, statistics: Normalisation) -> Tensor:
    """x * std + mean: a float image [3, H, W] as it was before Normalize."""
    mean, std = (torch.tensor(channels).view(3, 1, 1) for channels in statistics)
    return value * std + mean


def pixels(values: Sequence[Any], statistics: Normalisation) -> Tensor:
    """Pixels uint8 [N, 3, H, W] for display.

    Floats become x * std + mean, cut off at 0 and 1; PIL images and uint8 stay.
    """
    batch = torch.stack([_tensor(value) for value in values])
    return denormalise(batch, *statistics) if batch.is_floating_point() else batch


def _tensor(value: Image.Image | Tensor) -> Tensor:
    return F.pil_to_tensor(value) if isinstance(value, Image.Image) else value.as_subclass(Tensor)


@dataclass(frozen=True, eq=False)
class Histogram:
    """Distribution of each channel: the middle of each bin, and the share [3, bins] of its values there."""

    middles: Tensor
    shares: Tensor


def histogram(values: Sequence[Any], bins: int = 48) -> Histogram:
    """Histogram of all given values, from the lowest to the highest; uint8 pixels always from 0 to 255."""
    batch = torch.stack([_tensor(value) for value in values])
    low, high = (
        float(end) for end in (batch.aminmax() if batch.is_floating_point() else torch.tensor([0, 255]))
    )
    if low == high:
        low, high = low - 0.5, high + 0.5
    channels = batch.float().transpose(0, 1).flatten(1)  # (3, values)
    shares = torch.stack([torch.histc(channel, bins, low, high) for channel in channels]) / channels.shape[1]
    edges = torch.linspace(low, high, bins + 1)
    return Histogram((edges[:-1] + edges[1:]) / 2, shares)
