"""Page on losses: effects of its controls, refusals, and links that restore everything."""

import json
import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from streamlit.testing.v1 import AppTest

from core.dataset import CLASSES, splits
from core.dataset.splits import SPLIT_SEED
from core.losses import probabilities
from core.losses.objective import objective
from core.normalise import normalise
from core.pitfalls.losses import WRONG_LINES
from core.training import checkpoints
from tests.conftest import Lab
from tests.support.visit import choose, errors, healthy, open_tab, press, shows, texts, visit, words

TEXT = words("losses")
FIRST = [-1.2, -0.8, 0.6, 2.1, 0.3, 2.6, 0.4, -0.2, -1.5, -1.0]
BAD = "2, x, <b>"


def metric(at: AppTest, label: str) -> str:
    return next(metric.value for metric in at.metric if metric.label == label)


def data_of(at: AppTest, key: str) -> dict[str, Any]:
    """Data given to one of our components."""
    return dict(json.loads(at.get_by_key(key).proto.json))


def loss_of(logits: list[float], target: int, **settings: float) -> str:
    return f"{F.cross_entropy(torch.tensor(logits), torch.tensor(target), **settings).item():.4f}"


def open_panel(name: str, language: str = "en", **link: str) -> AppTest:
    return visit("losses", language, losses__tab__open=name, **link)


def table(at: AppTest, index: int = 0) -> list[list[str]]:
    return [list(row) for row in at.table[index].value.astype(str).to_numpy()]


# Cross-entropy


def test_a_long_print_of_a_tensor_leaves_its_numbers_in_the_link(lab: Lab) -> None:
    values = [f"{number / 8:.4f}" for number in range(10)]
    pasted = ", ".join(f"tensor({value}, device='cuda:0', grad_fn=<UnbindBackward0>)" for value in values)
    at = choose(visit("losses"), "losses.logits", pasted)
    assert at.get_by_key("losses.logits").value == ", ".join(f"{number / 8:.10g}" for number in range(10))
    assert at.query_params["losses.logits"] == at.get_by_key("losses.logits").value
    short = "tensor([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])"
    assert choose(at, "losses.logits", short).get_by_key("losses.logits").value == short
    bad = "x, " * 150
    assert choose(at, "losses.logits", bad).get_by_key("losses.logits").value == bad
    assert len(errors(at)) == 1


def test_the_first_screen_is_pytorchs_own(lab: Lab) -> None:
    at = visit("losses")
    z = torch.tensor(FIRST)
    assert metric(at, TEXT("loss")) == loss_of(FIRST, 3)
    assert metric(at, TEXT("said")) == "dog"
    drawn = data_of(at, "losses.bars")
    assert drawn["logits"] == pytest.approx(FIRST)
    softmax, gradient = drawn["columns"]
    assert softmax["values"] == pytest.approx(z.softmax(0).tolist(), abs=1e-6)
    assert gradient["values"] == pytest.approx(
        (z.softmax(0) - F.one_hot(torch.tensor(3), 10)).tolist(), abs=1e-6
    )
    assert softmax["marks"] == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert not at.warning


def test_presets_change_the_logits_and_the_loss(lab: Lab) -> None:
    at = press(visit("losses"), "losses.preset.start")
    assert metric(at, TEXT("loss")) == "2.3026" == f"{math.log(10):.4f}"
    assert float(metric(press(at, "losses.preset.right"), TEXT("loss"))) < 0.01
    assert float(metric(press(at, "losses.preset.wrong"), TEXT("loss"))) > 8
    press(at, "losses.preset.far")
    assert metric(at, TEXT("loss")) == "120.0000"
    assert [warning.value for warning in at.warning] == [TEXT("naive", loss="120")]
    assert not press(at, "losses.preset.start").warning


def test_a_typed_logit_and_another_class(lab: Lab) -> None:
    at = choose(visit("losses"), "losses.logits", "0, 0, 0, 5, 0, 0, 0, 0, 0, 0")
    assert metric(at, TEXT("loss")) == loss_of([0, 0, 0, 5.0, 0, 0, 0, 0, 0, 0], 3)
    choose(at, "losses.target", "ship")
    assert metric(at, TEXT("loss")) == loss_of([0, 0, 0, 5.0, 0, 0, 0, 0, 0, 0], 8)
    assert data_of(at, "losses.bars")["target"] == 8


def test_what_is_no_list_of_ten_numbers_is_said_and_the_last_one_stands(lab: Lab) -> None:
    at = choose(press(visit("losses"), "losses.preset.start"), "losses.logits", BAD)
    assert errors(at) == [words("errors")("number_list_count", found=3, expected="10")]
    assert metric(at, TEXT("loss")) == "2.3026"
    choose(at, "losses.logits", "nan, 0, 0, 0, 0, 0, 0, 0, 0, 0")
    assert errors(at) == [words("errors")("number_list_range", found="nan", low=-100.0, high=100.0)]
    choose(at, "losses.logits", "")
    assert len(at.error) == 1
    press(at, "losses.preset.right")
    assert not at.error


def test_temperature_and_smoothing(lab: Lab) -> None:
    at = choose(visit("losses"), "losses.temperature", 2.0)
    z = torch.tensor(FIRST)
    assert metric(at, TEXT("loss")) == f"{F.cross_entropy(z / 2, torch.tensor(3)).item():.4f}"
    gradient = data_of(at, "losses.bars")["columns"][1]
    assert gradient["title"] == TEXT("bars.gradient.t")
    assert gradient["values"] == pytest.approx(
        (((z / 2).softmax(0) - F.one_hot(torch.tensor(3), 10)) / 2).tolist(), abs=1e-6
    )
    choose(at, "losses.smoothing", 0.2)
    assert (
        metric(at, TEXT("loss"))
        == f"{F.cross_entropy(z / 2, torch.tensor(3), label_smoothing=0.2).item():.4f}"
    )
    assert data_of(at, "losses.bars")["columns"][0]["marks"] == pytest.approx(
        [0.02] * 3 + [0.82] + [0.02] * 6, abs=1e-6
    )


def test_each_step_downhill_lowers_the_loss(lab: Lab) -> None:
    at = visit("losses")
    losses = [float(metric(at, TEXT("loss")))] + [
        float(metric(press(at, "losses.downhill"), TEXT("loss"))) for _ in range(3)
    ]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] - 0.5


def test_a_real_image_gives_its_logits(lab: Lab) -> None:
    at = healthy(visit("losses"))
    at.session_state["losses.from_image"] = True
    choose(healthy(at.run()), "losses.image.class", "frog")
    choose(at, "losses.image", "2")
    press(at, "losses.image.take")
    data, weights = splits(lab.sketches, SPLIT_SEED).validation, checkpoints.shipped_model("sketches")
    image = data.images[data.labels == CLASSES.index("frog")][1:2]
    with torch.no_grad():
        expected = weights.network()(normalise(image, weights.mean, weights.std))[0]
    assert data_of(at, "losses.bars")["logits"] == pytest.approx(expected.tolist(), rel=1e-3, abs=1e-3)
    assert data_of(at, "losses.bars")["target"] == CLASSES.index("frog")


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "logits",
        [1.0] * 9,
        [1.0] * 11,
        [math.nan] * 10,
        [1e9] * 10,
        ["1"] * 10,
        [True] * 10,
        [[1.0] * 10],
        {"0": 1},
    ],
)
def test_what_a_browser_sends_as_logits_is_checked(sent: object) -> None:
    from pages.panels.losses.logits import LINE

    assert LINE.sent(sent) is None
    assert LINE.sent([0, 1.5, *[-2.0] * 8]) == (0.0, 1.5, *[-2.0] * 8)


# The other panels


def test_a_batch_and_its_reductions(lab: Lab) -> None:
    at = open_panel("batch")
    z = torch.tensor([[2.0, 0.5, -1.0], [0.0, 1.5, 0.5], [1.0, 1.0, 1.0], [3.0, -2.0, 0.0]])
    targets = torch.tensor([0, 1, 2, 1])
    for reduction in ("mean", "sum"):
        choose(at, "losses.reduction", reduction)
        assert (
            metric(at, f'loss, reduction="{reduction}"')
            == f"{F.cross_entropy(z, targets, reduction=reduction).item():.4f}"
        )
    choose(at, "losses.reduction", "none")
    assert not at.metric
    assert "grad can be implicitly created only for scalar outputs" in at.code[0].value
    choose(choose(at, "losses.reduction", "mean"), "losses.weights", "1, 3, 0.5")
    weighted = F.cross_entropy(z, targets, weight=torch.tensor([1, 3, 0.5]))
    assert metric(at, 'loss, reduction="mean"') == f"{weighted.item():.4f}"
    choose(at, "losses.targets", "2, 2, 2, 2")
    choose(at, "losses.weights", "1, 1, 0")
    assert [warning.value for warning in at.warning] == [TEXT("batch.nan", value="nan")]
    choose(at, "losses.targets", "0, 1, 3, 1")
    assert errors(at) == [words("errors")("number_list_range", found="3", low=0, high=2)]
    choose(at, "losses.targets", "0, 1, 0.5, 1")
    assert errors(at) == [words("errors")("number_list_whole", found="0.5")]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_probabilities_are_made_after_the_network(lab: Lab, language: str) -> None:
    text = words("losses", language)
    at = open_panel("probabilities", language)
    z, target = torch.tensor([FIRST]), torch.tensor([3])
    once = z.softmax(1)
    dog = words("shared", language)("class.dog")
    assert table(at) == [
        [text("bars.logits"), f"{z.sum().item():.4f}", dog, f"{z.max().item():.4f}"],
        [text("bars.once"), "1.0000", dog, f"{once.max().item():.4f}"],
        [text("bars.twice"), "1.0000", dog, f"{once.softmax(1).max().item():.4f}"],
    ]
    first, second = (column["values"] for column in data_of(at, "losses.probabilities.bars")["columns"])
    assert first == pytest.approx(once[0].tolist(), abs=1e-6)
    assert second == pytest.approx(once.softmax(1)[0].tolist(), abs=1e-6)
    inside = f"{F.cross_entropy(once, target).item():.4f}"
    said = next(line for line in texts(at) if inside in line)
    assert loss_of(FIRST, 3) in said and "1.4612" in said
    press(at, "losses.preset.wrong")
    assert table(at)[1][2] == words("shared", language)("class.dog")
    assert any(loss_of([0.0] * 5 + [8.0] + [0.0] * 4, 3) in line for line in texts(at))


def test_softmax_over_the_samples_is_no_probability_of_a_class(lab: Lab) -> None:
    at = open_panel("probabilities")
    z = torch.tensor([[2.0, 0.5, -1.0], [0.0, 1.5, 0.5], [1.0, 1.0, 1.0], [3.0, -2.0, 0.0]])
    for index, dim in ((1, 1), (2, 0)):
        shown = [[float(cell) for cell in row[1:4]] for row in table(at, index)[:4]]
        assert shown == [pytest.approx(row, abs=6e-4) for row in z.softmax(dim).tolist()]
    assert [row[4] for row in table(at, 1)[:4]] == ["1.000"] * 4
    assert table(at, 2)[4][1:4] == ["1.000"] * 3
    assert TEXT("dims.changed", n=1, of=4) in texts(at)
    assert "tensor([[1., 1., 1.]])" in at.code[0].value
    choose(at, "losses.sample3", "0, 0, 5")
    assert TEXT("dims.changed", n=0, of=4) in texts(at)
    choose(at, "losses.sample1", BAD)
    assert errors(at) == [words("errors")("number_list_word", found="x")]
    choose(at, "losses.sample1", "100, -100, 100")
    assert not at.error
    choose(at, "losses.logits", "nan, 0, 0, 0, 0, 0, 0, 0, 0, 0")
    assert errors(at) == [words("errors")("number_list_range", found="nan", low=-100.0, high=100.0)]


def test_a_second_softmax_can_not_get_below_its_best(lab: Lab) -> None:
    at = press(open_panel("second"), "losses.preset.right")
    assert metric(at, TEXT("best")) == "1.4612"
    rows = table(at)
    assert float(rows[0][1]) < 0.01
    assert 1.4612 < float(rows[1][1]) < 1.48
    press(at, "losses.preset.wrong")
    once, twice = (column["values"][3] for column in data_of(at, "losses.second.bars")["columns"])
    assert once < -0.99
    assert -0.01 < twice < 0


def test_mse_or_cross_entropy(lab: Lab) -> None:
    at = press(open_panel("versus"), "losses.preset.wrong")
    once, softmax, logits = (column["values"][3] for column in data_of(at, "losses.versus.bars")["columns"])
    assert once < -0.99
    assert -0.01 < softmax < 0
    assert logits == -2.0
    assert len(at.get("echarts_chart")) == 2


def test_squares(lab: Lab) -> None:
    at = open_panel("mse")
    choose(at, "losses.predictions", "1, 2, 3, 7")
    assert metric(at, '"mean"') == "2.2500"
    assert metric(at, '"sum"') == "9.0000"
    assert data_of(at, "losses.squares")["predictions"] == [1, 2, 3, 7]
    choose(at, "losses.predictions", "1, 2")
    assert errors(at) == [words("errors")("number_list_pair", predictions=2, targets=4)]
    choose(at, "losses.mse_targets", "0, 0")
    assert metric(at, '"mean"') == "2.5000"
    at.session_state["losses.broadcast"] = True
    choose(at, "losses.mse_targets", "1, 2")
    assert metric(at, TEXT("broadcast.got", n=2)) == "0.5000"
    assert metric(at, TEXT("broadcast.meant", n=2)) == "0.0000"
    assert any("Using a target size (torch.Size([2]))" in code.value for code in at.code)


def test_loss_cost_and_objective(lab: Lab) -> None:
    at = open_panel("objective")
    data, weights = splits(lab.sketches, SPLIT_SEED).validation, checkpoints.shipped_model("sketches")
    for batch, decay in ((1, "0.0005"), (2, "0.05")):
        choose(choose(at, "losses.batch", batch), "losses.decay", decay)
        rows = slice(16 * batch - 16, 16 * batch)
        expected = objective(
            weights.network(),
            normalise(data.images[rows], weights.mean, weights.std),
            data.labels[rows],
            float(decay),
        )
        values = [row[1] for row in table(at)]
        assert values == [
            f"{value:.4f}"
            for value in (expected.losses.max(), expected.cost, expected.penalty, expected.total)
        ]
        captions = data_of(at, "losses.batch_images")["captions"]
        assert captions == [f"{loss + 0.0:.3f}" for loss in expected.losses.tolist()]


@pytest.mark.parametrize("name", WRONG_LINES)
def test_wrong_lines(lab: Lab, name: str) -> None:
    at = choose(open_panel("wrong"), "losses.wrong", name)
    wrong, answer, right, value = (code.value for code in at.code)
    assert wrong != right
    assert answer != value
    assert value.startswith("→ tensor(")
    assert TEXT(f"wrong.{name}.why") in texts(at)


# Links


def test_a_link_restores_the_experiment(lab: Lab) -> None:
    link = {
        "logits": "0, 0, 0, 5, 0, 0, 0, 0, 0, 1",
        "target": "truck",
        "temperature": "2.5",
        "smoothing": "0.1",
    }
    at = visit("losses", "zh", **{f"losses__{name}": value for name, value in link.items()})
    z = torch.tensor([0, 0, 0, 5.0, 0, 0, 0, 0, 0, 1.0])
    expected = F.cross_entropy(z / 2.5, torch.tensor(9), label_smoothing=0.1).item()
    assert metric(at, words("losses", "zh")("loss")) == f"{expected:.4f}"
    assert data_of(open_panel("mse", losses__predictions="5, 6, 7, 8"), "losses.squares")["predictions"] == [
        5,
        6,
        7,
        8,
    ]


def test_a_hostile_link_falls_back_and_says_so(lab: Lab) -> None:
    link = {
        "logits": "__import__('os').system('x')",
        "target": "../..",
        "temperature": "nan",
        "smoothing": "7",
        "tab.open": "<script>",
    }
    at = visit("losses", **{f"losses__{name}".replace(".", "__"): value for name, value in link.items()})
    assert metric(at, TEXT("loss")) == loss_of(FIRST, 3)
    assert data_of(at, "losses.bars")["target"] == 3
    messages = errors(at)
    assert len(messages) == 3
    assert words("errors")("number_list_count", found=1, expected="10") in messages


@pytest.mark.parametrize("language", ["en", "zh"])
def test_only_the_open_panel_runs_and_it_stays_in_the_other_language(lab: Lab, language: str) -> None:
    text, other = words("losses", language), "zh" if language == "en" else "en"
    at = open_tab(visit("losses", language), "losses.tab", text("tab.mse"))
    assert shows(at, "losses.squares")
    assert not shows(at, "losses.bars")
    assert at.query_params["losses.tab.open"] == "mse"
    choose(at, "language", other)
    assert shows(at, "losses.squares")
    assert not shows(at, "losses.bars")


def test_damaged_images_are_one_sentence(lab: Lab) -> None:
    file = lab.own_sketches() / "data_batch_1"
    file.write_bytes(b"x" * file.stat().st_size)
    at = open_panel("objective")
    assert len(errors(at)) == 1
    assert not at.table
    open_tab(at, "losses.tab", TEXT("tab.cross_entropy"))
    at.session_state["losses.from_image"] = True
    assert len(errors(healthy(at.run()))) == 1
    assert not shows(at, "losses.image.take")
    assert metric(at, TEXT("loss")) == loss_of(FIRST, 3)


def test_the_code_that_ran(lab: Lab) -> None:
    at = visit("losses")
    at.session_state["losses.code.cross_entropy"] = True
    assert healthy(at.run()).code[0].value.startswith("def cross_entropy(")


def test_the_code_of_the_probabilities_runs(lab: Lab) -> None:
    at = open_panel("probabilities")
    at.session_state["losses.code.probabilities"] = True
    names = vars(probabilities) | {"answers": None, "shares": None}
    exec(healthy(at.run()).code[-1].value, names)
    assert names["answers"](FIRST)["once"].predicted == 5
    assert names["shares"]([[0.0, 0.0]], 1).values.tolist() == [[0.5, 0.5]]


def test_without_the_data_set_the_rest_still_works(lab: Lab) -> None:
    (lab.cache / "sketches-v1").unlink()
    at = open_panel("objective")
    assert not at.exception
    assert not shows(at, "losses.batch")
    open_tab(at, "losses.tab", TEXT("tab.cross_entropy"))
    assert metric(at, TEXT("loss")) == loss_of(FIRST, 3)
    at.session_state["losses.from_image"] = True
    assert not shows(healthy(at.run()), "losses.image.take")
