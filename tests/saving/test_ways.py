"""core.saving.ways, core.pitfalls.saving and core.saving.export, checked against PyTorch itself."""

import io
import pickletools
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch
import torch

from core.normalise import normalise
from core.outcome import outcome
from core.pitfalls.saving import LOAD_ERRORS
from core.pitfalls.wrong_line import tried
from core.saving import export
from core.saving.tiny_net import TinyNet
from core.saving.ways import WAYS, drawn, saved_file
from core.shapes.network import PRESETS
from core.training import checkpoints
from core.training.network import fresh
from tests.support.sample_data import noise, same


@pytest.mark.parametrize("way", WAYS)
def test_the_tree_is_what_lies_in_the_file(way: str) -> None:
    before = torch.get_rng_state()
    found = saved_file(way)
    assert torch.equal(before, torch.get_rng_state())
    sizes = {member.name: member.size for member in found.members}
    tensors = [line for line in found.tree if line.size is not None]
    assert {line.record: line.size for line in tensors} == {
        name: size for name, size in sizes.items() if name.startswith("data/")
    }
    assert found.difference == 0.0 and found.size > sum(sizes.values())
    assert all(line.record in drawn(found.tree) for line in tensors)
    names = [line.name for line in tensors][:9]
    expected = list(TinyNet().state_dict())
    assert [name.rpartition(".")[2] for name in names] == [name.rpartition(".")[2] for name in expected]


def test_only_the_checkpoint_has_the_optimizer_and_only_the_model_names_its_class() -> None:
    found = {way: saved_file(way) for way in WAYS}
    assert {way for way in WAYS if found[way].optimizer} == {"checkpoint"}
    assert {way for way in WAYS if "core.saving.tiny_net.TinyNet" in found[way].names} == {"model"}
    assert found["state_dict"].size < found["model"].size < found["checkpoint"].size


def test_the_size_in_the_docstring() -> None:
    model = TinyNet()
    assert sum(parameter.numel() for parameter in model.parameters()) == 159
    assert sum(buffer.numel() for buffer in model.buffers()) == 9
    assert model(torch.zeros(2, 1, 8, 8)).shape == (2, 3)


SAID = {
    "renamed": ("RuntimeError", 'Missing key(s) in state_dict: "features.weight"'),
    "size": ("RuntimeError", "size mismatch for fc.weight"),
    "class": ("AttributeError", "'Net'"),
    "weights_only": ("UnpicklingError", "core.saving.tiny_net.TinyNet was not an allowed global"),
    "called": ("TypeError", "missing 1 required positional argument: 'x'"),
    "input": ("TypeError", "OrderedDict"),
    "path": ("TypeError", "Expected state_dict to be dict-like"),
}


@pytest.mark.parametrize("name", LOAD_ERRORS)
def test_wrong_lines_say_what_the_texts_explain_and_right_ones_run(name: str) -> None:
    wrong, right = tried(LOAD_ERRORS[name].wrong).outcome, tried(LOAD_ERRORS[name].right).outcome
    if name in SAID:
        kind, part = SAID[name]
        assert (
            wrong.error is not None
            and wrong.error.startswith(kind)
            and part in wrong.error
            and "\x1b" not in wrong.error
        )
    else:
        assert wrong.error is None
    assert right.error is None and not right.warnings and not wrong.warnings
    assert "my_network" not in sys.modules


def test_the_silent_ones() -> None:
    skipped = outcome(LOAD_ERRORS["strict"].wrong).value or ""
    assert "missing_keys=['features.weight'" in skipped and "unexpected_keys=['conv.weight'" in skipped
    assert float(outcome(LOAD_ERRORS["optimizer"].wrong).value or 0) > 1e-6
    assert outcome(LOAD_ERRORS["optimizer"].right).value == "0.0"


@pytest.mark.clock
@pytest.mark.parametrize(
    ("network", "form"), [("", "pt"), ("", "safetensors"), (PRESETS["resnet"].text, "safetensors")]
)
def test_the_lines_shown_load_the_file_elsewhere(network: str, form: str, tmp_path: Path) -> None:
    """Run in a process that has no part of this app but LeNet's class, in its own file."""
    weights = checkpoints.shipped_model("cifar-10")
    if network:
        weights = replace(weights, state_dict=fresh(network, 0).state_dict(), config=None, layers=network)
    name = f"net.{form}"
    (tmp_path / name).write_bytes(getattr(export, f"as_{form}")(weights))
    source = Path(sys.modules["core.lenet"].__file__ or "").read_text(encoding="utf-8")
    (tmp_path / "lenet.py").write_text(source, encoding="utf-8")
    images, _ = noise(3)
    torch.save(images, tmp_path / "images.pt")
    code = export.loading_code(weights, name)
    script = (
        code.replace("\nmean", '\nimages = torch.load("images.pt")\nmean', 1)
        + '\ntorch.save(logits, "logits.pt")\n'
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, timeout=60)
    expected = weights.network()(normalise(images, weights.mean, weights.std))
    torch.testing.assert_close(torch.load(tmp_path / "logits.pt"), expected.detach(), rtol=1e-5, atol=1e-5)


def test_the_files_hold_the_state_dict_alone() -> None:
    weights = checkpoints.shipped_model("sketches")
    assert same(torch.load(io.BytesIO(export.as_pt(weights))), weights.state_dict)
    assert same(safetensors.torch.load(export.as_safetensors(weights)), weights.state_dict)
    with zipfile.ZipFile(io.BytesIO(export.as_pt(weights))) as archive:
        pickled = archive.read(next(name for name in archive.namelist() if name.endswith("data.pkl")))
    asked = {str(argument) for opcode, argument, _ in pickletools.genops(pickled) if opcode.name == "GLOBAL"}
    assert asked == {"torch._utils _rebuild_tensor_v2", "torch FloatStorage", "collections OrderedDict"}
