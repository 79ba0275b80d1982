"""The page Explore on small sketches: its controls, what its links restore, and data that is damaged."""

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.dataset import CLASSES, Splits, neighbours, splits, statistics
from core.dataset.batch_file import write_batch
from core.dataset.splits import SPLIT_SEED
from core.files import locations
from tests.conftest import TEST, TRAIN, Lab
from tests.support.sample_data import write_data_set
from tests.support.visit import choose, data_of, errors, open_tab, press, shows, texts, visit, words

TEXT = words("explore")
EACH = 40


@pytest.fixture
def data(lab: Lab) -> Splits:
    return splits(lab.sketches, SPLIT_SEED)


def tiles(at: AppTest, key: str) -> torch.Tensor:
    """The images of a grid, cut from its picture as the browser does: uint8 [N, 3, 32, 32]."""
    grid = data_of(at, key)
    count, columns = len(grid["captions"]), grid["columns"]  # type: ignore[arg-type]
    picture = Image.open(io.BytesIO(base64.b64decode(str(grid["sheet"]).partition(",")[2])))
    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)
    places = [divmod(index, int(columns)) for index in range(count)]  # type: ignore[call-overload]
    return torch.stack([pixels[:, 32 * row : 32 * row + 32, 32 * col : 32 * col + 32] for row, col in places])


def facts(at: AppTest) -> str:
    return " ".join(map(str, at.table[0].value.to_numpy().ravel())).replace("\\", "")


def chart(at: AppTest, index: int = 0) -> dict[str, object]:
    return dict(json.loads(at.get("echarts_chart")[index].proto.spec))


def test_the_first_page_shows_the_first_images_of_train(lab: Lab, data: Splits) -> None:
    at = visit("explore")
    assert torch.equal(tiles(at, "explore.grid"), data.train.images[:EACH])
    assert data_of(at, "explore.grid")["captions"] == [
        CLASSES[label] for label in data.train.labels[:EACH].tolist()
    ]
    assert data_of(at, "explore.grid")["opened"] == 0
    assert torch.equal(tiles(at, "explore.opened"), data.train.images[:1])


def test_another_class_shows_other_images(lab: Lab, data: Splits) -> None:
    at = visit("explore")
    before = tiles(at, "explore.grid")
    choose(at, "explore.class", "cat")
    cats = (data.train.labels == CLASSES.index("cat")).nonzero().flatten()
    assert torch.equal(tiles(at, "explore.grid"), data.train.images[cats[:EACH]])
    assert not torch.equal(tiles(at, "explore.grid"), before)
    assert set(data_of(at, "explore.grid")["captions"]) == {"cat"}  # type: ignore[call-overload]
    assert at.get_by_key("explore.image").value == int(cats[0])
    assert torch.equal(tiles(at, "explore.opened")[0], data.train.images[cats[0]])
    assert at.query_params["explore.class"] == "cat"


@pytest.mark.parametrize(("split", "size"), [("validation", TRAIN // 10), ("test", TEST)])
def test_another_split_shows_its_own_images(lab: Lab, data: Splits, split: str, size: int) -> None:
    at = choose(visit("explore"), "explore.split", split)
    images = getattr(data, split)
    assert torch.equal(tiles(at, "explore.grid"), images.images[:EACH])
    assert TEXT("page.about", n=size) in texts(at)
    assert (TEXT("test.note") in texts(at)) == (split == "test")


def test_paging_through_to_the_end(lab: Lab, data: Splits) -> None:
    at = choose(visit("explore"), "explore.split", "validation")
    choose(at, "explore.page", 3)
    assert torch.equal(tiles(at, "explore.grid"), data.validation.images[2 * EACH :])
    assert data_of(at, "explore.grid")["opened"] is None  # the open image is on another page, and stays open
    assert torch.equal(tiles(at, "explore.opened"), data.validation.images[:1])
    choose(at, "explore.class", "ship")
    assert at.get_by_key("explore.page").value == 1
    choose(at, "explore.split", "train")
    assert len(tiles(at, "explore.grid")) == EACH


def test_an_image_opens_by_its_number_and_tells_where_it_lies(lab: Lab, data: Splits) -> None:
    at = choose(visit("explore"), "explore.split", "validation")
    choose(at, "explore.image", 7)
    assert torch.equal(tiles(at, "explore.opened")[0], data.validation.images[7])
    assert data_of(at, "explore.grid")["opened"] == 7
    origin, name = data.validation.origin(7), CLASSES[int(data.validation.labels[7])]
    assert origin is not None
    assert origin.file in facts(at)
    assert TEXT("fact.batch.value", row=origin.row, file=origin.file) in facts(at)
    # sketches are numbered through all five files
    number = (int(origin.file[-1]) - 1) * TRAIN // 5 + origin.row
    assert f"{name}_train_{number:06d}.png" in facts(at)
    assert name in facts(at)


def test_the_channels(lab: Lab, data: Splits) -> None:
    at = visit("explore")
    planes = tiles(at, "explore.plane")
    assert torch.equal(planes.sum(0, dtype=torch.uint8), data.train.images[0])
    choose(at, "explore.planes", "grey")
    assert torch.equal(tiles(at, "explore.plane")[1], data.train.images[0, 1].expand(3, 32, 32))


def test_the_numbers_of_a_channel(lab: Lab, data: Splits) -> None:
    at = open_tab(visit("explore", explore__image="3"), "explore.look", TEXT("look.numbers"))
    sent = data_of(at, "explore.pixels")
    assert base64.b64decode(str(sent["pixels"])) == data.train.images[3].numpy().tobytes()
    assert sent["channel"] == 0
    choose(at, "explore.channel", "blue")
    assert data_of(at, "explore.pixels")["channel"] == 2
    assert at.query_params["explore.channel"] == "blue"
    open_tab(at, "explore.table", True)
    assert (at.dataframe[0].value.to_numpy() == data.train.images[3, 2].numpy()).all()


def test_the_row_on_disk_right_and_wrong(lab: Lab, data: Splits) -> None:
    at = open_tab(visit("explore"), "explore.look", TEXT("look.disk"))
    sent = data_of(at, "explore.unfolding")
    row = data.train.images[0].flatten().numpy()
    assert base64.b64decode(str(sent["pixels"])) == row.tobytes()
    assert (tiles(at, "explore.scrambled")[0].permute(1, 2, 0).numpy() == row.reshape(32, 32, 3)).all()
    assert [len(sent[key]) for key in ("runs", "planes", "stages")] == [3, 4, 5]  # type: ignore[arg-type]
    assert "row.view(3, 32, 32)" in at.code[0].value
    assert "row.reshape(32, 32, 3)" in at.code[0].value


@pytest.mark.parametrize("split", ["train", "validation"])
def test_the_neighbours(lab: Lab, data: Splits, split: str) -> None:
    at = open_tab(
        visit("explore", explore__split=split, explore__image="5"), "explore.look", TEXT("look.neighbours")
    )
    images = getattr(data, split)
    found = neighbours.nearest(images.images[5], data.train.images, 8, skip=5 if split == "train" else None)
    assert torch.equal(tiles(at, "explore.neighbours"), data.train.images[found.indices])
    own = int(images.labels[5])
    same = int((data.train.labels[found.indices] == own).sum())
    assert any(
        line.startswith(TEXT("neighbours.same", same=same, n=8, name=CLASSES[own])) for line in texts(at)
    )


def test_the_counts_of_the_classes(lab: Lab, data: Splits) -> None:
    at = open_tab(visit("explore"), "explore.tab", TEXT("tab.whole"))
    assert TEXT("counts.even", train=90, validation=10, test=20) in texts(at)
    assert [series["data"] for series in chart(at)["series"]] == [[90] * 10, [10] * 10, [20] * 10]  # type: ignore[attr-defined]
    open_tab(at, "explore.counts_table", True)
    assert at.dataframe[0].value[TEXT("split.train")].tolist() == [90] * 10


def test_mean_images_and_histograms_follow_the_split_and_the_class(lab: Lab, data: Splits) -> None:
    at = open_tab(visit("explore", explore__of="test"), "explore.tab", TEXT("tab.whole"))
    open_tab(at, "explore.view", TEXT("view.means"))
    found = statistics.measure(data.test.images, data.test.labels)
    assert torch.equal(tiles(at, "explore.means"), statistics.picture(found.mean_image))
    assert torch.equal(tiles(at, "explore.stds"), statistics.picture(found.std_image, 3))
    open_tab(at, "explore.view", TEXT("view.histograms"))
    for name in ("all", "frog"):
        choose(at, "explore.histogram", name)
        histogram, values = found.of(None if name == "all" else CLASSES.index(name))
        green = [part for _, part in chart(at)["series"][1]["data"]]  # type: ignore[index]
        assert green == pytest.approx((100 * histogram[1] / histogram[1].sum()).tolist(), abs=1e-4)
        assert at.table[0].value[TEXT("mean")].tolist() == [f"{mean:.4f}" for mean in values.mean]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_measured_statistics_beside_the_halves(lab: Lab, data: Splits, language: str) -> None:
    text = words("explore", language)
    at = open_tab(visit("explore", language), "explore.tab", text("tab.whole"))
    open_tab(at, "explore.view", text("view.normalise"))
    values = statistics.measure(data.train.images, data.train.labels).of()[1]
    table = at.table[0].value
    assert len(table) == 9
    std, mean, low = (
        [float(value.replace("−", "-")) for value in table[text(name)]] for name in ("std", "mean", "low")
    )
    assert std[:3] == pytest.approx([2 * value for value in values.std], abs=1e-4)
    assert std[3:6] == [1, 1, 1]
    assert mean[3:] == [0] * 6
    assert low[:3] == pytest.approx([2 * value - 1 for value in values.low], abs=1e-4)


def test_the_files(lab: Lab) -> None:
    at = open_tab(visit("explore"), "explore.tab", TEXT("tab.files"))
    table = at.dataframe[0].value
    assert table[TEXT("file")].tolist() == list(locations.FILES)
    assert table[TEXT("bytes")].tolist() == [
        f"{(lab.sketches / name).stat().st_size:,}" for name in locations.FILES
    ]
    press(at, "explore.md5")
    assert at.dataframe[0].value[TEXT("md5")].tolist() == [
        locations.md5(lab.sketches / name) for name in locations.FILES
    ]
    assert not shows(at, "explore.md5")
    assert at.dataframe[1].value[TEXT("dict.key")].tolist() == [
        "b'batch_label'",
        "b'labels'",
        "b'data'",
        "b'filenames'",
    ]
    choose(at, "explore.file", "batches.meta")
    assert "b'label_names'" in at.dataframe[1].value[TEXT("dict.key")].tolist()
    assert shows(at, "data.download")


def test_cifar_10_can_be_pointed_at_from_here(lab: Lab, tmp_path: Path) -> None:
    folder = write_data_set(tmp_path / "mine")
    at = open_tab(choose(visit("explore"), "explore.image", 800), "explore.tab", TEXT("tab.files"))
    at.text_input(key="data.folder").set_value(str(folder))
    press(at, "data.use")
    assert any("mine" in line for line in texts(at))
    open_tab(at, "explore.tab", TEXT("tab.browse"))
    choose(at, "explore.data_set", "cifar-10")
    assert errors(at) == []
    assert at.get_by_key("explore.image").value == 0
    assert TEXT("page.about", n=180) in texts(at)
    open_tab(at, "explore.tab", TEXT("tab.files"))
    press(at, "explore.md5")
    assert at.dataframe[0].value[TEXT("official")].tolist() == [TEXT("no")] * 7


@pytest.mark.parametrize("data_set", locations.DATA_SETS)
def test_a_measured_number_is_one_of_the_data_set_shown(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data_set: str
) -> None:
    monkeypatch.setenv("LENET_LAB_DATA", str(write_data_set(tmp_path / "few")))
    at = visit("explore", explore__data_set=data_set)
    open_tab(at, "explore.look", TEXT("look.neighbours"))
    said = " ".join(texts(at))
    assert [name for name in locations.DATA_SETS if TEXT(f"neighbours.accuracy.{name}") in said] == [data_set]
    open_tab(at, "explore.tab", TEXT("tab.whole"))
    open_tab(at, "explore.view", TEXT("view.normalise"))
    assert any("sketches measured here" in line for line in texts(at)) == (data_set == "sketches")


def test_without_cifar_10_the_page_offers_it(lab: Lab) -> None:
    at = visit("explore", explore__data_set="cifar-10")
    assert words("shared")("data.missing") in [info.value for info in at.info]
    assert shows(at, "data.download")
    assert shows(at, "data.folder")
    assert not shows(at, "explore.grid")
    choose(at, "explore.data_set", "sketches")
    assert shows(at, "explore.grid")


def test_a_link_restores_the_controls(lab: Lab, data: Splits) -> None:
    link = {
        "split": "test",
        "class": "frog",
        "page": "1",
        "image": "33",
        "planes": "grey",
        "data_set": "sketches",
    }
    at = visit("explore", "zh", **{f"explore__{name}": value for name, value in link.items()})
    found = {name: at.get_by_key(f"explore.{name}").value for name in link}
    assert found == link | {"page": 1, "image": 33}
    assert torch.equal(tiles(at, "explore.opened")[0], data.test.images[33])
    assert data_of(at, "explore.grid")["captions"][0] == "青蛙 frog"  # type: ignore[index]
    choose(at, "language", "en")
    assert {name: at.get_by_key(f"explore.{name}").value for name in link} == found


def test_an_image_that_the_other_data_set_does_not_have_is_said(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = visit("explore", explore__image="800", explore__page="20")
    monkeypatch.setenv("LENET_LAB_DATA", str(write_data_set(tmp_path / "few")))
    open_tab(at, "explore.tab", TEXT("tab.files"))
    choose(at, "explore.data_set", "cifar-10")
    open_tab(at, "explore.tab", TEXT("tab.browse"))  # the link still names the image
    assert all("800" in line for line in errors(at))
    assert data_of(at, "explore.grid")["opened"] == 0
    assert at.get_by_key("explore.page").value == 1


def test_equal_pixels_cannot_be_standardised(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_data_set(tmp_path / "grey")
    for name in (*locations.TRAIN_FILES, *locations.TEST_FILES):
        write_batch(
            folder / name,
            torch.full((20, 3, 32, 32), 7, dtype=torch.uint8),
            [*range(10)] * 2,
            ["a.png"] * 20,
            name,
        )
    monkeypatch.setenv("LENET_LAB_DATA", str(folder))
    at = open_tab(visit("explore", explore__data_set="cifar-10"), "explore.tab", TEXT("tab.whole"))
    open_tab(at, "explore.view", TEXT("view.histograms"))
    assert not at.error
    open_tab(at, "explore.view", TEXT("view.normalise"))
    assert errors(at) == [words("errors")("normalise_std", found="[0.0, 0.0, 0.0]")]


@pytest.mark.parametrize(
    ("name", "value"),
    [("image", "900"), ("image", "-1"), ("image", "1e99"), ("image", "x"), ("page", "24"), ("page", "nan")],
)
def test_a_number_out_of_range_in_a_link_is_said(lab: Lab, data: Splits, name: str, value: str) -> None:
    at = visit("explore", **{f"explore__{name}": value})
    assert len(errors(at)) == 1
    assert value in errors(at)[0]
    assert torch.equal(tiles(at, "explore.opened"), data.train.images[:1])
    assert at.get_by_key("explore.page").value == 1
    choose(at, "explore.class", "dog")
    assert not at.error


def test_words_in_a_link_that_are_no_options_fall_back(lab: Lab) -> None:
    link = {"split": "../..", "class": "<b>", "planes": "x", "channel": "x", "file": "/etc/passwd"}
    at = visit("explore", **{f"explore__{name}": value for name, value in link.items()})
    assert (at.get_by_key("explore.split").value, at.get_by_key("explore.class").value) == ("train", "all")
    open_tab(at, "explore.tab", TEXT("tab.files"))
    assert at.get_by_key("explore.file").value == "data_batch_1"


def test_a_class_without_images_is_said(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LENET_LAB_DATA", str(write_data_set(tmp_path / "few", per_file=2)))
    at = visit("explore", explore__data_set="cifar-10", explore__class="truck")
    assert TEXT("none") in [info.value for info in at.info]
    open_tab(at, "explore.tab", TEXT("tab.whole"))
    for view in ("means", "histograms", "normalise"):
        open_tab(at, "explore.view", TEXT(f"view.{view}"))
    open_tab(at, "explore.view", TEXT("view.histograms"))
    choose(at, "explore.histogram", "truck")
    assert not at.error


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_damaged_file_is_named_and_the_files_can_still_be_looked_at(lab: Lab, language: str) -> None:
    file = lab.own_sketches() / "data_batch_2"
    file.write_bytes(file.read_bytes()[:5000])
    at = visit("explore", language)
    expected = words("errors", language)("data_file_broken", file="data_batch_2")
    assert errors(at) == [expected]
    assert at.dataframe[0].value.iloc[:, 0].tolist() == list(locations.FILES)
    choose(at, "explore.file", "data_batch_2")
    assert errors(at) == [expected] * 2


@pytest.mark.parametrize("sent", [42, -1, "1", [1], True, 1.5, {"tile": 1}, None, float("nan"), float("inf")])
def test_what_a_browser_sends_as_a_tile_is_checked(sent: object) -> None:
    from pages.app.components import chosen_tile

    assert chosen_tile(sent, 42) is None
    assert chosen_tile(41, 42) == chosen_tile(41.0, 42) == 41
