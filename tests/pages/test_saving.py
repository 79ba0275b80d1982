"""The page Save and load: every panel in both languages, files that come and go, and whose they are."""

import io
from dataclasses import replace

import pytest
import safetensors.torch
import torch
from torch import Tensor

from core.files import whole
from core.lenet import LeNet
from core.pitfalls.saving import LOAD_ERRORS
from core.saving import library
from core.saving.ways import WAYS
from core.training import checkpoints
from core.training.config import TrainConfig, recipe
from pages.app.page import plain
from pages.panels.saving.download import run_stem
from tests.conftest import Lab
from tests.files.test_state_dict import saved
from tests.support.visit import choose, errors, healthy, press, shows, texts, until, visit, words

TEXT, SHARED = words("saving"), words("shared")
SHIPPED = checkpoints.shipped_model("sketches").state_dict


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("tab", ["ways", "breaks", "resume", "take", "bring"])
def test_every_panel_opens(lab: Lab, tab: str, language: str) -> None:
    at = visit("saving", language, saving__tab__open=tab)
    assert not at.error
    assert words("saving", language)(f"notice.{tab}") in " ".join(texts(at))


@pytest.mark.parametrize("way", WAYS)
def test_each_way_shows_its_file(lab: Lab, way: str) -> None:
    at = visit("saving", saving__way=way)
    tree = next(block.value for block in at.code if "data/0" in block.value)
    assert ("core.saving.tiny_net.TinyNet" in tree) == (way == "model")
    assert ("momentum_buffer" in tree) == (way == "checkpoint")
    assert TEXT("ways.back", difference="0") in [line.value for line in at.success]


@pytest.mark.parametrize("name", LOAD_ERRORS)
def test_each_wrong_line_is_explained(lab: Lab, name: str) -> None:
    at = visit("saving", "zh", saving__tab__open="breaks", saving__wrong=name)
    assert words("saving", "zh")(f"wrong.{name}.why") in texts(at)


def uploaded(data: bytes, name: str = "mine.pt", **session: str) -> object:
    at = visit("saving", saving__tab__open="bring", **session)
    return healthy(at.file_uploader(key="saving.file").upload(name, data, "application/octet-stream").run())


def table(at: object) -> list[str]:
    return list(at.dataframe[0].value[TEXT("diff.mark")])


def marks(*which: str) -> list[str]:
    return [TEXT(f"diff.{mark}.mark") for mark in which]


def with_one(name: str, tensor: Tensor) -> dict[str, Tensor]:
    return SHIPPED | {name: tensor}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (with_one("fc3.weight", torch.zeros(100, 84)), marks(*["same"] * 8, "shape", "same")),
        (
            {name.replace("fc3", "head"): tensor for name, tensor in SHIPPED.items()},
            marks(*["same"] * 8, "missing", "missing", "unexpected", "unexpected"),
        ),
        ({name: tensor.half() for name, tensor in SHIPPED.items()}, marks(*["dtype"] * 10)),
    ],
    ids=["shape", "names", "float16"],
)
def test_what_does_not_fit_is_a_table_and_nothing_can_be_kept(
    lab: Lab, state: dict[str, Tensor], expected: list[str]
) -> None:
    at = uploaded(saved(state))
    assert table(at) == expected
    assert not at.error and not shows(at, "saving.keep")
    assert len(at.warning) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x" * 100,
        saved(LeNet()),
        saved(with_one("fc3.bias", torch.full((10,), float("nan")))),
        saved({"a": "b"}),
    ],
    ids=["empty", "noise", "whole model", "nan", "no tensors"],
)
def test_a_file_that_is_none_is_one_sentence(lab: Lab, data: bytes) -> None:
    at = uploaded(data)
    assert len(at.error) == 1 and not shows(at, "saving.keep")
    # A type that the browser refuses would never reach the server, and the file before would stay.
    assert not at.file_uploader(key="saving.file").proto.type


@pytest.mark.parametrize(
    ("prefix", "parts"),
    [
        ("module.", ["wrapper.module"]),
        ("module._orig_mod.module.", ["wrapper.module", "wrapper._orig_mod"]),
        ("model.", ["wrapper"]),
    ],
)
def test_a_wrapped_file_is_taken_out_of_its_wrapping(lab: Lab, prefix: str, parts: list[str]) -> None:
    state = {prefix + name: tensor for name, tensor in SHIPPED.items()} | {"n_averaged": torch.tensor(3)}
    at = uploaded(saved({"epoch": 3, "state_dict": state}))
    assert TEXT("bring.place", place="state\\_dict") in [line.value for line in at.info]
    about = next(line.value for line in at.info if plain(prefix) in line.value)
    assert all(TEXT(f"bring.{part}", part="model") in about for part in parts) and about.count("\n- ") == len(
        parts
    )
    assert set(table(at)) == set(marks("missing", "unexpected")) and not shows(at, "saving.keep")
    healthy(at.toggle(key="saving.strip").set_value(True).run())
    assert table(at) == marks(*["same"] * 10) and shows(at, "saving.keep")
    assert TEXT("bring.left_out", count=1, names="n\\_averaged") in texts(at)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_of_several_one_is_chosen(lab: Lab, language: str) -> None:
    other = {f"net.{name}": tensor + 1 for name, tensor in SHIPPED.items()}
    at = visit("saving", language, saving__tab__open="bring")
    data = saved({"ema": other, "model": SHIPPED, "optimizer": {}})
    at.file_uploader(key="saving.file").upload("mine.pth.tar", data, "application/octet-stream").run()
    option = words("saving", language)
    labels = [option("bring.option", path=path, matching=10, count=10) for path in ("model", "ema → net.")]
    picker = next(element for element in at.radio if str(element.key).startswith("saving.which"))
    assert (picker.options, picker.value) == (labels, 0) and shows(at, "saving.keep")
    name = next(element for element in at.text_input if str(element.key).startswith("saving.name"))
    assert name.value == "mine"
    choose(at, picker.key, labels[1])
    assert not shows(at, "saving.keep")
    healthy(at.toggle(key="saving.strip").set_value(True).run())
    press(at, "saving.keep")
    (entry,) = library.entries(lab.runs, "local")
    assert torch.equal(entry.weights().state_dict["fc3.bias"], SHIPPED["fc3.bias"] + 1)
    at.file_uploader(key="saving.file").upload("next.pt", saved({"a": SHIPPED, "b": other}), "x/y").run()
    picker = next(element for element in at.radio if str(element.key).startswith("saving.which"))
    assert picker.value == 0  # the next file begins with its own best one


def test_kept_it_is_on_every_page_of_its_owner_and_on_nobody_elses(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LENET_LAB_HOSTED", "1")
    mine, theirs = "a" * 32, "b" * 32
    at = visit("saving", owner=mine, saving__tab__open="bring")
    healthy(
        at.file_uploader(key="saving.file")
        .upload("<b>_x_.pt", saved(SHIPPED), "application/octet-stream")
        .run()
    )
    name = next(element for element in at.text_input if str(element.key).startswith("saving.name"))
    assert name.value == "<b>_x_"
    press(at, "saving.keep")
    (entry,) = library.entries(lab.runs, mine)
    assert (entry.name, entry.weights().mean) == ("<b>_x_", (0.4914, 0.4822, 0.4465))
    assert TEXT("keep.done", name="\\<b\\>\\_x\\_") in [line.value for line in at.success]
    option = f"upload-{entry.digest[:12]}"
    for page in ("evaluation", "inside"):
        at = visit(page, owner=mine, **{f"{page}__run": option})
        assert at.selectbox(key=f"{page}.run").value == option
        assert not at.error
        at = visit(page, owner=theirs, **{f"{page}__run": option})
        picker = at.selectbox(key=f"{page}.run")
        assert picker.value != option and not any("<b>_x_" in label for label in picker.options)
    at = visit("saving", owner=mine, saving__tab__open="bring")
    press(at, f"saving.delete.{entry.digest[:12]}")
    assert library.entries(lab.runs, mine) == []


def test_own_numbers_and_an_empty_name(lab: Lab) -> None:
    at = uploaded(safetensors.torch.save(dict(SHIPPED)), "weights.safetensors")
    choose(at, "saving.normalisation", TEXT("keep.normalisation.own"))
    choose(at, "saving.std.G", 0.3)
    name = next(element for element in at.text_input if str(element.key).startswith("saving.name"))
    name.set_value("  ").run()
    press(at, "saving.keep")
    assert str(library.LONGEST_NAME) in errors(at)[0] and library.entries(lab.runs, "local") == []
    name.set_value("mine").run()
    press(at, "saving.keep")
    (entry,) = library.entries(lab.runs, "local")
    assert (entry.name, entry.weights().mean, entry.weights().std) == (
        "mine",
        (0.5, 0.5, 0.5),
        (0.25, 0.3, 0.25),
    )


def test_a_full_disk_is_one_sentence(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    at = uploaded(saved(SHIPPED))
    monkeypatch.setattr(whole, "write_with_digest", full)
    press(at, "saving.keep")
    assert "No space left" in errors(at)[0]


def test_a_run_can_be_taken_along(trained: Lab) -> None:
    at = visit("saving", saving__tab__open="take")
    assert shows(at, "saving.download") and shows(at, "saving.board")
    name = f"lenet-sketches-own-{at.get_by_key('saving.run').value[: len('20260101-000000')]}"
    code = [block.value for block in at.code]
    assert any(f"{name}-epoch-" in block for block in code)
    assert any(f"{name}-tensorboard.zip" in block for block in code)
    assert any(block.startswith(f'WEIGHTS = "{name}-epoch-') for block in code)  # of the whole program
    at = visit("saving", saving__tab__open="take", saving__run="shipped")
    assert shows(at, "saving.download") and not shows(at, "saving.board")
    assert TEXT("board.no_run") in texts(at)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (recipe("fast", epochs=3, seed=7), "lenet-cifar-10-fast-20260101-000000"),
        (recipe("tutorial"), "lenet-cifar-10-tutorial-20260101-000000"),
        (recipe("fast", lr=0.05), "lenet-cifar-10-own-20260101-000000"),
    ],
)
def test_files_are_named_for_data_set_and_recipe(config: TrainConfig, expected: str) -> None:
    weights = replace(checkpoints.shipped_model("cifar-10"), config=config)
    assert run_stem(weights, "20260101-000000-0123456789abcdef0123") == expected


def test_without_tensorboard_the_page_says_how_to_get_it(
    trained: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.saving.tensorboard.installed", lambda: False)
    at = visit("saving", saving__tab__open="take")
    assert not shows(at, "saving.board")
    assert any("pip install tensorboard" in line.value for line in at.info)


@pytest.mark.clock
def test_two_and_two_is_four(lab: Lab) -> None:
    at = visit("saving", saving__tab__open="resume")
    press(at, "saving.resume")
    until(at, lambda at: at.success)
    assert TEXT("resume.same") in [line.value for line in at.success]
    buffer = io.StringIO(at.table[0].value.to_csv())
    assert TEXT("resume.forgotten") in buffer.getvalue()
