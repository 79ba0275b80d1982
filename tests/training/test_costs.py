"""The estimates of memory and what they grow with; `python -m tests.benchmarks.memory` measures the peaks."""

from dataclasses import replace

import pytest

from core.training.config import recipe
from core.training.costs import training_memory
from core.transfer.config import MODES, TransferConfig
from core.transfer.memory import resnet_memory

LENET, RESNET = recipe("fast"), TransferConfig(mode="scratch", batch_size=32)


def test_a_larger_batch_takes_more_and_a_gpu_holds_it_elsewhere() -> None:
    sizes = [training_memory(replace(LENET, batch_size=size), "sketches") for size in (16, 128, 1024, 8192)]
    assert sizes == sorted(sizes) and sizes[-1] > sizes[0] + 500
    assert training_memory(replace(LENET, batch_size=8192, device="cuda"), "sketches") < sizes[0]
    assert training_memory(LENET, "cifar-10") > training_memory(LENET, "sketches") + 100


@pytest.mark.parametrize("mode", MODES)
def test_larger_images_take_more(mode: str) -> None:
    sizes = [resnet_memory(replace(RESNET, mode=mode, size=size), "sketches") for size in (32, 64, 224)]
    assert sizes == sorted(sizes) and sizes[-1] > sizes[0] + 500


def test_only_what_trains_the_body_grows_with_the_batch() -> None:
    def grown(mode: str) -> int:
        few, many = (
            resnet_memory(replace(RESNET, mode=mode, batch_size=size), "sketches") for size in (64, 128)
        )
        return many - few

    assert grown("features") == 0 and grown("scratch") == grown("fine-tune") > 100
