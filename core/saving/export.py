"""A network as files for use elsewhere, and the code that loads them there."""

import io
import json

import safetensors.torch
import torch

from core.shapes.code import from_short, sequential
from core.training.checkpoints import Weights


def as_pt(weights: Weights) -> bytes:
    """A .pt file of the state_dict alone, which `torch.load` reads with its default settings."""
    buffer = io.BytesIO()
    torch.save(dict(weights.state_dict), buffer)
    return buffer.getvalue()


def as_safetensors(weights: Weights) -> bytes:
    """A .safetensors file of the state_dict; its metadata say how to normalise, and a list of layers."""
    normalisation = json.dumps({"mean": weights.mean, "std": weights.std, "data_set": weights.data_set})
    about = {"format": "pt", "normalise": normalisation}
    if weights.architecture:
        about["network"] = weights.architecture
    return safetensors.torch.save(weights.state_dict, about)


def loading_code(weights: Weights, name: str) -> str:
    """Python that loads the .pt or .safetensors file `name` and feeds the network as in training."""
    module, load = (
        ("safetensors.torch", f'load_file("{name}")')
        if name.endswith(".safetensors")
        else ("torch", f'load("{name}", map_location="cpu")')
    )
    modules = dict.fromkeys([module, "torch"])
    imports = "\n".join(f"import {name}" for name in modules)
    return f"""{_network(weights.architecture, imports)}
model.load_state_dict({module}.{load})
model.eval()

mean = torch.tensor({list(weights.mean)}).view(3, 1, 1)
std = torch.tensor({list(weights.std)}).view(3, 1, 1)
with torch.no_grad():
    logits = model((images / 255 - mean) / std)  # images: uint8 [N, 3, 32, 32]
"""


def _network(network: str, imports: str) -> str:
    """The lines that build LeNet, or the layers of a network of one's own."""
    if not network:
        return f"{imports}\nfrom lenet import LeNet\n\nmodel = LeNet()"
    return sequential(from_short(network), imports)
