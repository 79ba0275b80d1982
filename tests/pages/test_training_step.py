"""One step on the page Train LeNet: it says at once what it does, and shows the rule's arithmetic."""

import re
from dataclasses import asdict
from pathlib import Path

import pytest

from core.jobs import JobService, JobSpec
from core.jobs.events import EventWriter
from core.optimizers import NAMES, OPTIMIZERS
from core.training.config import TrainConfig
from core.training.run import Training
from pages.app.services import jobs
from tests.conftest import Lab
from tests.support.sample_data import made_splits
from tests.support.visit import press, shows, texts, until, visit, words

LANGUAGES = ("en", "zh")


def paused_with(lab: Lab, event: dict[str, object], optimizer: str) -> Path:
    """A paused run whose worker has reported this step."""
    with JobService(lab.runs, poll=None) as service:
        config = TrainConfig(optimizer=optimizer).to_json()
        params = {"config": config, "data_set": "sketches", "root_dir": str(lab.sketches)}
        run = service.pause(service.submit(JobSpec("train", params, "local")).id, "local")
        service.tick()
    with EventWriter(run.folder / "events.jsonl", 1) as events:
        events.write("attempt", step=0, epoch=0, total_steps=100, steps_per_epoch=10)
        events.write("step", **event, inspected=True, images_per_second=1.0, elapsed=1.0)
    return run.folder


def number(text: str) -> float:
    return float(text.replace("−", "-"))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_table_is_what_torch_did(lab: Lab, optimizer: str) -> None:
    training = Training(TrainConfig(batch_size=16, optimizer=optimizer, weight_decay=0.01), made_splits())
    for _ in range(7):
        training.step()
    before = {name: parameter.detach().clone() for name, parameter in training.model.named_parameters()}
    result = training.step(inspect=True)
    paused_with(lab, asdict(result), optimizer)
    at = visit("training")
    text = words("training")
    table = at.table[0].value
    assert len(table) == 5 and NAMES[optimizer] in " ".join(texts(at))
    state = training.optimizer.state
    kept = {"m_t": "exp_avg", "v_t": "exp_avg_sq", "G_t": "sum", "u_t": "acc_delta"}
    for row, (name, index) in zip(table.to_dict("records"), training.watched.items(), strict=True):
        parameter = training.model.get_parameter(name)
        place = f"{name.removesuffix('.weight')}[{','.join(map(str, index))}]"
        assert row[text("inspected.weight")] == f"`{place}`"
        shown = {column: number(value) for column, value in list(row.items())[1:]}
        expected = {
            text("inspected.before"): before[name][index].item(),
            text("inspected.after"): parameter[index].item(),
            "$g_t$": parameter.grad[index].item(),
        }
        for symbol, entry in kept.items():
            if entry in state[parameter]:
                expected[f"${symbol}$"] = state[parameter][entry][index].item()
        assert {column: shown[column] for column in expected} == pytest.approx(expected, rel=6e-4)
    (example,) = [line for line in texts(at) if " = **" in line]
    found = re.search(r"(−?[\d.]+) ([+−]) ([\d.]+) = \*\*(−?[\d.]+)\*\*", example)
    assert found
    step = number(found[2] + found[3])
    assert number(found[1]) + step == pytest.approx(number(found[4]), abs=2.1e-8)
    assert step != 0


@pytest.mark.parametrize(
    "damage", [{"weights": None}, {"weights": {"rule": "magic"}}, {"weights": 5, "gradient_norms": {}}]
)
def test_a_step_without_weights_shows_its_losses(lab: Lab, damage: dict[str, object]) -> None:
    result = Training(TrainConfig(batch_size=16), made_splits()).step(inspect=True)
    paused_with(lab, asdict(result) | damage, "momentum")
    at = visit("training")
    assert not at.table
    assert f"{result.loss:.4f}" in " ".join(texts(at)) and f"{result.loss_after:.4f}" in " ".join(texts(at))


@pytest.mark.clock
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_press_shows_at_once_that_a_step_is_being_done(
    lab: Lab, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = words("training", language)
    at = visit("training", language, training__recipe="tutorial", training__epochs="1000")
    press(at, "training.train")
    press(at, "training.pause")
    until(at, lambda at: shows(at, "training.resume"))
    for number_of_steps in (1, 2):
        with monkeypatch.context() as patch:
            patch.setattr(JobService, "tick", lambda _: None)  # nobody notices yet that the step is done
            press(at, "training.step")
            assert at.get("progress")[0].text == text("stepping")
        until(at, lambda at: shows(at, "training.resume") and at.table)
        assert len(at.table[0].value) == 5 and jobs().list("local")[0].attempt == 1 + number_of_steps
    assert text("inspected.weight") in at.table[0].value.columns
    assert text("state.paused") in texts(at)
