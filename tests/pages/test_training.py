"""The page Train LeNet: recipes, and a real worker steered with the page's own buttons."""

import pytest
from streamlit.testing.v1 import AppTest

from core.cifar10 import MEAN
from core.dataset import sketches
from core.files import locations
from core.training.config import BOUNDS, RECIPES
from pages.app.services import jobs
from tests.conftest import Lab
from tests.support.visit import choose, errors, healthy, open_tab, press, shows, texts, until, visit, words

pytestmark = pytest.mark.clock

TEXT = words("training")
STEERING = ("pause", "resume", "step", "stop", "reset", "delete")


def state(at: AppTest) -> str:
    return str(jobs().get(at.get_by_key("training.run").value).state)


def steering(at: AppTest) -> set[str]:
    return {name for name in STEERING if shows(at, f"training.{name}")}


def metrics(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def link_labels(at: AppTest) -> set[str]:
    return {link.proto.label for link in at.get("page_link")}


def long_training(**link: str) -> AppTest:
    """Start a run that would take minutes; the page shows its first number."""
    at = visit("training", training__recipe="tutorial", training__epochs="1000", **link)
    press(at, "training.train")
    return until(at, lambda at: at.metric and metrics(at)[TEXT("metric.loss")] != "–")


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_fills_the_controls(lab: Lab, recipe: str) -> None:
    at = choose(choose(visit("training"), "training.lr", 0.5), "training.optimizer", "adam")
    for name in ({*RECIPES} - {recipe}).pop(), recipe:  # there and back, so that both are changes
        choose(at, "training.recipe", name)
    config = RECIPES[recipe]
    for name in (
        "epochs",
        "batch_size",
        "optimizer",
        "lr",
        "weight_decay",
        "schedule",
        "flip",
        "crop",
        "seed",
        "device",
    ):
        assert at.get_by_key(f"training.{name}").value == getattr(config, name), name
    assert at.get_by_key("training.normalisation").value == ("cifar" if config.mean == MEAN else "half")
    assert TEXT(f"recipe.{recipe}.about") in " ".join(texts(at))


def test_each_optimizer_shows_its_own_hyper_parameters(lab: Lab) -> None:
    at = choose(visit("training"), "training.optimizer", "adam")
    assert shows(at, "training.hyper.adam.beta1")
    choose(at, "training.optimizer", "sgd")
    assert not shows(at, "training.hyper.adam.beta1")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_adamw_without_weight_decay_is_said_to_be_adam(lab: Lab, language: str) -> None:
    sentence = words("training", language)("setting.weight_decay.adamw")
    at = visit("training", language, training__recipe="tutorial", training__optimizer="adamw")
    assert at.get_by_key("training.weight_decay").value == 0
    assert sentence in texts(at)
    assert sentence not in texts(choose(at, "training.weight_decay", 0.01))
    choose(at, "training.weight_decay", 0.0)
    assert sentence not in texts(choose(at, "training.optimizer", "adam"))


def test_a_changed_setting_makes_the_settings_ones_own(lab: Lab) -> None:
    at = choose(visit("training"), "training.lr", 0.01)
    assert TEXT("recipe.own.about") in " ".join(texts(at))


def test_every_number_has_the_bounds_that_the_worker_checks(lab: Lab) -> None:
    at = visit("training")
    for name, bounds in BOUNDS.items():
        control = at.number_input(key=f"training.{name}")
        scale = 100 if name == "wrong_labels" else 1  # shown in per cent
        assert (control.min, control.max) == (scale * bounds.low, scale * bounds.high), name


def test_before_the_first_run_there_is_nothing_to_steer(lab: Lab) -> None:
    at = visit("training")
    assert TEXT("empty") in [info.value for info in at.info]
    assert not steering(at)
    assert len(at.get("echarts_chart")) == 2
    assert not at.button(key="training.train").disabled


def test_train_may_be_pressed_before_the_images_are_drawn(lab: Lab) -> None:
    (lab.cache / "sketches-v1").unlink()
    drawing = sketches.write(locations.parent("sketches"), 400, 100)  # the server's own job waits behind it
    next(drawing)
    at = visit("training", training__epochs="1")
    assert TEXT("empty.drawing") in [info.value for info in at.info]
    press(at, "training.train")
    until(at, lambda at: any(TEXT("drawing").split(":")[0] in bar.text for bar in at.get("progress")))
    list(drawing)
    until(at, lambda at: TEXT("state.done") in texts(at))


def test_train_runs_to_the_end_and_shows_its_numbers(lab: Lab) -> None:
    at = visit("training", training__epochs="2", training__train_size="500")
    press(at, "training.train")
    assert state(at) in ("queued", "running")
    assert steering(at) == {"pause", "step", "stop"}
    assert at.get("progress")[0].text == TEXT("starting")
    until(at, lambda at: TEXT("state.done") in texts(at))
    assert state(at) == "done"
    assert steering(at) == {"reset", "delete"}
    numbers = metrics(at)
    assert 0 < float(numbers[TEXT("metric.loss")]) < 3
    assert numbers[TEXT("metric.validation")].endswith("%")
    assert numbers[TEXT("metric.best")].split(" · ")[0] in ("1", "2")
    assert float(numbers[TEXT("metric.speed")].replace(",", "")) > 0
    assert at.get_by_key("training.run").options[0].startswith("#1 · ")


def test_a_run_is_steered_with_the_buttons(lab: Lab) -> None:
    at = long_training()
    press(at, "training.pause")
    until(at, lambda at: "resume" in steering(at))
    assert steering(at) == {"resume", "step", "stop", "reset", "delete"}
    assert TEXT("state.paused") in texts(at)
    press(at, "training.step")
    until(at, lambda at: "resume" in steering(at))
    page_text = " ".join(texts(at))
    assert "Loss of this batch" in page_text
    assert TEXT("inspected.norms") in page_text
    assert shows(at, "training.norms")
    press(at, "training.resume")
    until(at, lambda at: "pause" in steering(at) and not shows(at, "training.norms"))
    assert state(at) == "running"
    press(at, "training.stop")
    until(at, lambda at: TEXT("state.cancelled") in texts(at))
    assert steering(at) == {"reset", "delete"}
    press(at, "training.reset")
    assert at.get_by_key("training.run").value == "new"
    assert at.get_by_key("training.epochs").value == 1000
    assert at.get_by_key("training.optimizer").value == "momentum"
    healthy(at.get_by_key("training.run").set_value(jobs().list("local")[0].id).run())
    press(at, "training.delete")
    assert not jobs().list("local")
    assert not list(lab.runs.glob("2*"))
    assert not shows(at, "training.run")


def test_a_run_stopped_before_its_first_step_leaves_nothing_to_evaluate(lab: Lab) -> None:
    at = long_training()
    assert {TEXT("to_evaluation"), TEXT("to_inside")} <= link_labels(at)
    press(press(at, "training.train"), "training.ask.queue")
    assert state(at) == "queued"  # behind the first one
    assert TEXT("waiting.behind", runs="#1") in at.info[0].value
    press(at, "training.stop")
    until(at, lambda at: TEXT("state.cancelled.early") in texts(at))
    assert not {TEXT("to_evaluation"), TEXT("to_inside")} & link_labels(at)
    assert jobs().get(at.get_by_key("training.run").value).state == "cancelled"


def test_without_data_no_text_asks_to_press_train(lab: Lab) -> None:
    at = visit("training", training__data_set="cifar-10")
    assert at.button(key="training.train").disabled
    shown = [info.value for info in at.info]
    assert TEXT("empty.not_ready") in shown and TEXT("empty") not in shown


def test_a_diverging_run_says_at_which_step(lab: Lab) -> None:
    at = visit(
        "training",
        training__optimizer="sgd",
        training__lr="100",
        training__schedule="constant",
        training__train_size="500",
    )
    press(at, "training.train")
    until(at, lambda at: at.error)
    assert state(at) == "failed"
    assert "diverged" in errors(at)[0]
    assert steering(at) == {"reset", "delete"}


def test_a_silent_run_is_said_to_be_silent(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    at = long_training()
    silence = TEXT("progress.silent", seconds="X").split("X")[0]
    assert silence not in at.get("progress")[0].text
    monkeypatch.setattr("pages.panels.training.live_run.SILENT", -1.0)
    assert silence in at.run().get("progress")[0].text


def test_the_queue_has_an_end(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.panels.training.start.TWICE", 0.0)
    at = visit("training", training__epochs="1000")
    press(at, "training.train")
    for _ in range(2):
        press(press(at, "training.train"), "training.ask.queue")
    (waiting,) = [info.value for info in at.info]
    assert waiting == f"{TEXT('waiting.behind', runs='#1, #2')} {TEXT('waiting.place', number=2, waiting=2)}"
    assert steering(at) == {"stop"}
    press(press(at, "training.train"), "training.ask.queue")
    assert "You already have 2 runs waiting" in errors(at)[0]
    assert len(jobs().list("local")) == 3


def test_a_double_click_on_train_is_one_run(lab: Lab) -> None:
    at = visit("training", training__epochs="1000")
    for _ in range(3):
        press(at, "training.train")
    assert len(jobs().list("local")) == 1 and not shows(at, "training.ask.queue")
    choose(at, "training.seed", 1)
    assert shows(press(at, "training.train"), "training.ask.queue")  # another run is no second half


def test_a_double_click_stays_with_the_new_run(trained: Lab) -> None:
    at = visit("training", training__epochs="1000")
    old = at.get_by_key("training.run").value
    press(at, "training.train")
    new = at.get_by_key("training.run").value
    at.get_by_key("training.run").set_value(old)  # as a browser says that hasn't drawn the new run yet
    press(at, "training.train")
    assert at.get_by_key("training.run").value == new != old


def test_train_asks_while_another_run_is_under_way(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.panels.training.start.TWICE", 0.0)
    at = long_training()
    first = at.get_by_key("training.run").value
    press(at, "training.train")
    assert TEXT("ask", runs="#1") in texts(at)
    press(at, "training.ask.leave")
    assert TEXT("ask", runs="#1") not in texts(at)
    assert [run.id for run in jobs().list("local")] == [first]
    press(press(at, "training.train"), "training.ask.queue")
    press(at, "training.train")
    assert TEXT("ask", runs="#1, #2") in texts(at)
    press(at, "training.ask.stop")
    until(at, lambda at: state(at) == "running")
    assert [(run.number, run.state) for run in jobs().list("local")] == [
        (3, "running"), (2, "cancelled"), (1, "cancelled"),
    ]  # fmt: skip


def test_a_question_outlived_by_its_run_starts_the_new_one(lab: Lab) -> None:
    at = press(long_training(), "training.train")
    jobs().cancel(at.get_by_key("training.run").value, "local")
    until(at, lambda at: TEXT("ask.ended") in texts(at))
    assert not shows(at, "training.ask.stop")
    press(at, "training.ask.start")
    assert [run.number for run in jobs().list("local")] == [2, 1] and state(at) in ("queued", "running")


def test_a_run_has_a_name_of_its_own_everywhere(trained: Lab) -> None:
    at = visit("training")
    run = jobs().get(at.get_by_key("training.run").value)
    key = f"training.name.{run.id}"
    choose(at, key, "  ***wide***\n kernels \u202e")
    label = at.get_by_key("training.run").options[0]
    assert label.startswith("#2 · ***wide*** kernels · ") and label.endswith("%")
    assert jobs().get(run.id).name == "***wide*** kernels"
    for page, control in (("evaluation", "evaluation.run"), ("inside", "inside.run")):
        assert label in visit(page).get_by_key(control).options
    assert r"#2 · \*\*\*wide\*\*\* kernels" in " ".join(texts(visit("home")))
    choose(at, key, "")
    assert "wide" not in at.get_by_key("training.run").options[0]


def test_the_tabs_explain_compare_and_show_the_code(trained: Lab) -> None:
    at = visit("training")
    assert TEXT("notice") in texts(at)
    open_tab(at, "training.tab", TEXT("tab.code"))
    assert any(block.value.startswith("class LeNet(nn.Module):") for block in at.code)
    assert any("loss.backward()" in block.value for block in at.code)


@pytest.mark.parametrize(
    ("name", "value"), [("lr", "1e9"), ("epochs", "1000000000"), ("batch_size", "0"), ("seed", "x")]
)
def test_a_number_out_of_range_in_a_link_is_said(lab: Lab, name: str, value: str) -> None:
    at = visit("training", **{f"training.{name}": value})
    assert len(errors(at)) == 1
    assert errors(at)[0].startswith(f"{name} is {value}, but it must be between")
    assert not errors(visit("training", **{f"training.{name}": "1"}))
