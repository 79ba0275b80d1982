"""core.saving.diff and the contents core.files.state_dict reads from a file, against PyTorch itself."""

import io

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from core.errors import InputError
from core.files.candidates import TensorInfo
from core.files.state_dict import contents, lenet_shapes, load_state_dict, load_wrapped
from core.lenet import LeNet
from core.saving.diff import Mark, differences
from core.training import checkpoints
from core.training.config import TrainConfig
from core.training.run import Training
from tests.files.test_state_dict import STATE, saved
from tests.support.sample_data import made_splits, same

TYPES = [
    torch.float32,
    torch.float64,
    torch.float16,
    torch.bfloat16,
    torch.int64,
    torch.int32,
    torch.int16,
    torch.int8,
    torch.uint8,
]


@pytest.mark.parametrize("write", [saved, safetensors.torch.save], ids=["pt", "safetensors"])
def test_a_file_announces_names_shapes_and_types(write: object) -> None:
    tensors = {
        str(dtype).removeprefix("torch."): torch.zeros(2, 3, dtype=dtype) for dtype in [*TYPES, torch.bool]
    }
    (found,) = contents(write(tensors))
    expected = {name: TensorInfo(name, (2, 3), name) for name in tensors}
    assert {tensor.name: tensor for tensor in found.tensors} == expected
    assert found.place == () and found.prefix == ""


def test_the_marks_are_those_of_load_state_dict() -> None:
    other = LeNet(num_classes=7)
    other.fc2 = nn.Linear(120, 84, bias=False)
    other.extra = nn.Linear(2, 1)
    rows = differences(lenet_shapes(), contents(saved(other.state_dict()))[0].tensors)
    with pytest.raises(RuntimeError) as error:
        LeNet().load_state_dict(other.state_dict())
    message = str(error.value)
    for row in rows:
        assert (f"size mismatch for {row.name}:" in message) == (row.mark == Mark.SHAPE), row
    answer = LeNet().load_state_dict(
        {name: tensor for name, tensor in other.state_dict().items() if not name.startswith("fc3")},
        strict=False,
    )
    assert [row.name for row in rows if row.mark == Mark.MISSING] == [
        name for name in answer.missing_keys if not name.startswith("fc3")
    ]
    assert [row.name for row in rows if row.mark == Mark.UNEXPECTED] == answer.unexpected_keys
    assert rows[-1].expected is None and rows[0].mark == Mark.SAME


def test_another_type_is_a_mark_unless_the_shape_differs_too() -> None:
    rows = differences(
        {"a": (2,), "b": (2,)}, [TensorInfo("a", (2,), "float16"), TensorInfo("b", (3,), "float16")]
    )
    assert [row.mark for row in rows] == [Mark.DTYPE, Mark.SHAPE]


PREFIXED = {f"module.{name}": tensor for name, tensor in STATE.items()}


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"state_dict": STATE, "epoch": 3}, ("state_dict",)),
        (
            {"model": STATE, "optimizer": torch.optim.Adam(LeNet().parameters()).state_dict(), "loss": 0.5},
            ("model",),
        ),
        ({"model_state_dict": STATE, "rng": torch.get_rng_state()}, ("model_state_dict",)),
        ({"net": PREFIXED}, ("net",)),
        (PREFIXED, ()),
        (STATE, ()),
    ],
    ids=["state_dict", "with optimizer", "with rng", "DataParallel within", "DataParallel", "plain"],
)
def test_it_is_found_within_a_checkpoint(value: dict[str, object], place: tuple[str, ...]) -> None:
    (found,) = contents(saved(value))
    assert found.place == place
    assert [tensor.name for tensor in found.tensors] == list(STATE)
    assert same(load_wrapped(saved(value)), dict(STATE))
    if value is not STATE:
        with pytest.raises(InputError):
            load_state_dict(saved(value))


def test_this_apps_own_checkpoint_can_be_brought_too(tmp_path: object) -> None:
    config = TrainConfig(epochs=1)
    training = Training(config, made_splits())
    training.step()
    checkpoints.save(tmp_path / "last.pt", config, training.state(), "sketches")
    data = (tmp_path / "last.pt").read_bytes()
    assert [found.place for found in contents(data)] == [("state", "model")]
    assert same(load_wrapped(data), training.state().model)


class Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return print, ("run",)


def header(text: str) -> bytes:
    return len(text).to_bytes(8, "little") + text.encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        saved({"state_dict": Evil()}),
        saved({"state_dict": STATE, "note": Evil()}),
        saved(LeNet()),
        saved({"state_dict": {}}),
        header('{"a":{"dtype":"F32","shape":[4000000000,4000000000],"data_offsets":[0,4]}}') + bytes(4),
        header(
            '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
        )
        + bytes(4),
        header('{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}') + bytes(4),
        (2**63).to_bytes(8, "little") + b"{}",
        saved(STATE)[:-100],
    ],
)
def test_hostile_files_are_one_sentence(data: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError) as error:
        contents(data)
    assert len(str(error.value)) < 700 and error.value.sentence("zh")
    assert not capsys.readouterr().out


def test_nan_is_found_when_it_is_read() -> None:
    broken: dict[str, Tensor] = dict(STATE) | {"fc3.bias": torch.full((10,), float("nan"))}
    assert contents(saved({"model": broken}))[0].place == ("model",)
    with pytest.raises(InputError) as error:
        load_wrapped(saved({"model": broken}))
    assert error.value.key == "weights_not_finite"


def test_a_zip_that_claims_more_than_it_has_is_refused() -> None:
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(10**7))
    with pytest.raises(InputError):
        contents(buffer.getvalue())
