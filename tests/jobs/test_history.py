"""core.jobs.history: numbers to draw from the events of a run, complete or not."""

import base64
from itertools import pairwise
from typing import Any

import pytest

from core.jobs.history import SMOOTHING, Confusion, Kernels, Point, history, thinned


def attempt(step: int = 0, **more: Any) -> dict[str, Any]:
    return {"type": "attempt", "step": step, "epoch": 0, "total_steps": 20, "steps_per_epoch": 10} | more


def step(number: int, loss: float | None = 2.0, **more: Any) -> dict[str, Any]:
    event = {
        "type": "step",
        "step": number,
        "lr": 0.1,
        "loss": loss,
        "inspected": False,
        "images_per_second": 100.0,
    }
    return event | {"elapsed": float(number)} | more


def epoch(number: int, accuracy: float = 0.5, **more: Any) -> dict[str, Any]:
    event = {
        "type": "epoch",
        "epoch": number,
        "step": 10 * number,
        "train_loss": 1.5,
        "train_accuracy": 0.4,
        "validation_loss": 1.6,
    }
    return event | {"validation_accuracy": accuracy, "seconds": 3.0, "elapsed": 10.0 * number} | more


@pytest.mark.parametrize("events", [[], [{"type": "queued"}], [{"type": "end", "outcome": "failed"}]])
def test_nothing_yet(events: list[dict[str, Any]]) -> None:
    empty = history(events)
    assert (list(empty.points), list(empty.epochs), empty.inspected, empty.best) == ([], [], None, None)
    assert (empty.step, empty.total_steps, empty.elapsed, empty.progress) == (0, 0, 0.0, 0.0)
    assert empty.images_per_second is empty.time_left is empty.kernels is empty.confusion is None


def test_half_a_run() -> None:
    half = history(iter([attempt(), step(1), step(5), step(10), epoch(1)]))
    assert [(point.epoch, point.step, point.lr, point.loss) for point in half.points] == [
        (0.1, 1, 0.1, 2.0),
        (0.5, 5, 0.1, 2.0),
        (1.0, 10, 0.1, 2.0),
    ]
    assert (half.step, half.total_steps, half.progress, half.elapsed) == (10, 20, 0.5, 10.0)
    assert half.time_left == 10.0 and half.images_per_second == 100.0
    assert half.epochs[0].validation_loss == 1.6 and half.epochs[0].seconds == 3.0


def test_the_smoothed_loss_is_a_mean_with_fading_weights() -> None:
    losses = [3.0, 1.0, None, 2.0, 5.0]
    points = history([attempt(), *(step(number + 1, loss) for number, loss in enumerate(losses))]).points
    assert points[2].loss is points[2].smoothed is None
    seen: list[float] = []
    for point in points:
        if point.loss is not None:
            seen.append(point.loss)
            weights = [SMOOTHING ** (len(seen) - 1 - index) for index in range(len(seen))]
            expected = sum(weight * loss for weight, loss in zip(weights, seen, strict=True)) / sum(weights)
            assert point.smoothed == pytest.approx(expected)
    assert points[0].smoothed == pytest.approx(3.0)


def test_only_losses_that_are_none() -> None:
    lost = history([attempt(), step(1, None), epoch(1, train_loss=None, validation_loss=None)])
    assert (
        lost.points[0].smoothed is None and lost.epochs[0].train_loss is None and lost.best is lost.epochs[0]
    )


def test_a_second_attempt_goes_on() -> None:
    events = [
        attempt(),
        step(8),
        {"type": "checkpoint", "step": 8, "file": "resume-a.pt"},
        {"type": "end"},
        attempt(8, total_steps=30),
    ]
    again = history(events)
    assert (again.step, again.total_steps, again.elapsed) == (8, 30, 8.0)
    assert history([*events, step(9)]).step == 9


@pytest.mark.parametrize(
    "events",
    [[step(3), epoch(1), attempt(3)], [epoch(1), step(3), step(12)], [step(3), {"type": "unheard of"}]],
)
def test_kinds_in_any_order_and_unknown_ones(events: list[dict[str, Any]]) -> None:
    assert history(events).step == max(event["step"] for event in events if event["type"] == "step")


def test_an_attempt_without_totals_promises_nothing() -> None:
    blind = history([{"type": "attempt", "step": 0}, step(4)])
    assert (blind.total_steps, blind.progress, blind.time_left) == (0, 0.0, None) and blind.points[
        0
    ].epoch == 4.0
    assert history([attempt(steps_per_epoch=0), step(4)]).points[0].epoch == 4.0


def test_the_last_inspected_step() -> None:
    norms = {"conv1": 0.5, "fc3": 2.0}
    looked = step(2, inspected=True, loss_after=1.5, gradient_norms=norms)
    seen = history(
        [attempt(), step(1, inspected=True, loss_after=1.0, gradient_norms={}), looked, step(3)]
    ).inspected
    assert seen is not None and (seen.step, seen.lr, seen.loss, seen.loss_after, seen.gradient_norms) == (
        2,
        0.1,
        2.0,
        1.5,
        norms,
    )
    lost = history([step(1, None, inspected=True, loss_after=None, gradient_norms=None)]).inspected
    assert lost is not None and lost.loss is None and lost.gradient_norms == {}


def weights(**more: Any) -> dict[str, Any]:
    """What an inspected step reports of two weights."""
    terms = [
        {"symbol": "c", "key": "correction1", "values": [0.1], "shared": True},
        {"symbol": "d", "key": "step", "values": [0.5, None], "shared": False},
    ]
    watched = {"conv1.weight": [0, 2, 3, 1], "fc3.weight": [9, 8]}
    report = {"rule": "adam", "watched": watched, "hyper": {"lr": 0.1}, "terms": terms}
    return report | {"before": [1.0, 2.0], "after": [0.5, None]} | more


def test_the_weights_of_an_inspected_step() -> None:
    seen = history([step(2, inspected=True, weights=weights())]).inspected
    assert seen is not None and seen.weights is not None
    found = seen.weights
    assert (found.rule, found.names) == ("adam", ["conv1.weight[0,2,3,1]", "fc3.weight[9,8]"])
    assert (found.before, found.after, found.hyper) == ([1.0, 2.0], [0.5, None], {"lr": 0.1})
    assert [(term.key, term.values, term.shared) for term in found.terms] == [
        ("correction1", [0.1], True),
        ("step", [0.5, None], False),
    ]


@pytest.mark.parametrize(
    "report",
    [
        None,
        [],
        {"rule": "adam"},
        weights(watched=["conv1"]),
        weights(watched={"conv1.weight": 3}),
        weights(before=[1.0]),
        weights(after="12"),
        weights(hyper=[0.1]),
        weights(terms=[{"symbol": "g_t", "key": "gradient", "values": [0.5], "shared": False}]),
        weights(terms=[{"symbol": "g_t", "key": "gradient", "values": [], "shared": True}]),
        weights(terms=[{"symbol": "g_t", "key": "gradient", "values": ["x", 1], "shared": False}]),
        weights(terms=[]),
        weights(terms=[{"symbol": "c", "key": "correction1", "values": [0.1], "shared": True}]),
    ],
)
def test_damaged_weights_are_none(report: Any) -> None:
    seen = history([step(2, inspected=True, loss_after=1.5, weights=report)]).inspected
    assert seen is not None and seen.loss_after == 1.5 and seen.weights is None


PIXELS = bytes(index % 256 for index in range(6 * 3 * 5 * 5))


def kernels(step: int, pixels: bytes = PIXELS) -> dict[str, Any]:
    return {"type": "kernels", "step": step, "images": base64.b64encode(pixels).decode()}


def confusion(epoch: int, *cells: tuple[int, int, int]) -> dict[str, Any]:
    """The matrix of an epoch with five right answers in each class, and these mistakes."""
    counts = [[5 * (true == predicted) for predicted in range(10)] for true in range(10)]
    for true, predicted, count in cells:
        counts[true][predicted] = count
    return {"type": "confusion", "epoch": epoch, "counts": counts}


def test_the_last_kernels_and_the_last_confusion() -> None:
    last = confusion(2, (3, 5, 4), (5, 3, 3), (0, 8, 6))
    seen = history([kernels(0, bytes(450)), confusion(1), kernels(7), last, step(8)])
    assert seen.kernels == Kernels(7, PIXELS, (3, 5, 5))
    assert seen.confusion == Confusion(2, last["counts"])
    assert (seen.confusion.right, seen.confusion.total) == (50, 63)
    assert seen.confusion.mixed_up == (3, 5, 7)  # seven in both directions, more than six in one
    assert Confusion(1, confusion(1)["counts"]).mixed_up[2] == 0


@pytest.mark.parametrize(
    "damaged",
    [
        kernels(9) | {"images": "?"},
        kernels(9) | {"images": None},
        kernels(9, PIXELS[1:]),
        kernels(9) | {"shape": [3, 5]},
        kernels(9) | {"shape": [3, 0, 5]},
        kernels(9) | {"shape": [-3, -5, 5]},
        kernels(9) | {"shape": [3, 5, "5"]},
        kernels(9) | {"shape": [3, 1.5, 10]},
        kernels(9, bytes(7 * 75)),
        kernels(9) | {"step": None},
        {"type": "kernels"},
        confusion(9) | {"counts": [[1] * 10] * 9},
        confusion(9) | {"counts": [[1.5] * 10] * 10},
        confusion(9) | {"counts": 3},
        confusion(9) | {"epoch": "9"},
        {"type": "confusion"},
    ],
)
def test_a_damaged_picture_gives_way_to_the_one_before(damaged: dict[str, Any]) -> None:
    seen = history([kernels(7), confusion(2), damaged])
    assert seen.kernels is not None and seen.kernels.step == 7
    assert seen.confusion is not None and seen.confusion.epoch == 2


def test_speed_is_the_mean_of_the_last_eight() -> None:
    events = [
        step(number, images_per_second=speed)
        for number, speed in enumerate([1e9, 10, 20, 30, 40, 50, 60, 0, None], 1)
    ]
    assert history(events).images_per_second == 35.0
    assert history([step(1, images_per_second=None)]).images_per_second is None


def test_the_best_epoch_is_the_first_of_equals() -> None:
    best = history([epoch(1, 0.5), epoch(2, 0.7), epoch(3, 0.7), epoch(4, 0.6)]).best
    assert best is not None and best.epoch == 2


@pytest.mark.parametrize("count", [0, 1, 2, 299, 300, 301, 1000, 5000])
def test_thinned_keeps_the_ends(count: int) -> None:
    points = [Point(number / 10, number, 0.1, 1.0, 1.0) for number in range(count)]
    kept = list(thinned(points, 300))
    assert len(kept) <= 301 and len(kept) >= min(count, 150)
    assert (
        kept[:1] == points[:1]
        and kept[-1:] == points[-1:]
        and len({point.step for point in kept}) == len(kept)
    )
    gaps = {later.step - earlier.step for earlier, later in pairwise(kept[:-1])}
    assert len(gaps) <= 1


@pytest.mark.parametrize(
    "damaged",
    [
        {"type": "step"},
        {"type": "step", "step": "3", "lr": 0.1},
        {"type": "step", "step": 3, "lr": None, "loss": 1.0},
        {"type": "step", "step": 3, "lr": 0.1, "loss": [1]},
        {"type": "epoch", "epoch": 1, "step": 3},
        {"type": "checkpoint", "file": "resume-a.pt"},
        {"type": "attempt", "total_steps": "many"},
    ],
)
def test_a_damaged_event_is_passed_over(damaged: dict[str, object]) -> None:
    assert history([damaged]) == history([])
