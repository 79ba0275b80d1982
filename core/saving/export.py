"""A network as files for use elsewhere, and the code that loads them there."""

import io
import json

import safetensors.torch
import torch

from core.training.checkpoints import Weights


def as_pt(weights: Weights) -> bytes:
    """A .pt file of the state_dict alone, which `torch.load` reads with its default settings."""
    buffer = io.BytesIO()
    torch.save(dict(weights.state_dict), buffer)
    return buffer.getvalue()


def as_safetensors(weights: Weights) -> bytes:
    """A .safetensors file of the state_dict, whose metadata say how to normalise."""
    normalisation = json.dumps({"mean": weights.mean, "std": weights.std, "data_set": weights.data_set})
    return safetensors.torch.save(weights.state_dict, {"format": "pt", "normalise": normalisation})


def loading_code(weights: Weights, name: str) -> str:
    """Python that loads the .pt or .safetensors file `name` and feeds the network as in training."""
    module, call = (
        ("safetensors.torch", f'load_file("{name}")')
        if name.endswith(".safetensors")
        else ("torch", f'load("{name}", map_location="cpu")')
    )
    imports = "import torch\n" if module == "torch" else "import safetensors.torch\nimport torch\n"
    return f"""{imports}from lenet import LeNet

model = LeNet()
model.load_state_dict({module}.{call})
model.eval()

mean = torch.tensor({list(weights.mean)}).view(3, 1, 1)
std = torch.tensor({list(weights.std)}).view(3, 1, 1)
with torch.no_grad():
    logits = model((images / 255 - mean) / std)  # images: uint8 [N, 3, 32, 32]
"""
