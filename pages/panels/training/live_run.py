"""One run as it goes: status, buttons, curves, pictures. Redraws itself; the rest of the page doesn't."""

import math
import time
from collections.abc import Callable

import streamlit as st

from core.errors import InputError
from core.jobs import Event, Run
from core.jobs.history import History
from core.training.config import TrainConfig
from pages.app import owner
from pages.app.choice import chosen, put
from pages.app.language import PageWords
from pages.app.page import sentence, show_error
from pages.app.punctuation import listed, sentences
from pages.app.services import installing, jobs
from pages.app.viewers import me, viewers
from pages.panels.training import curves as panels
from pages.panels.training import repetition, sweep_run
from pages.panels.training.branching import begin, can_branch, end
from pages.panels.training.confusion import confusion_table
from pages.panels.training.forms import FORMS, network_of
from pages.panels.training.inspected import inspected
from pages.panels.training.pictures import pictured, pictures
from pages.shared.examined import noticed
from pages.shared.progress import progress_of, share_of
from pages.shared.runs import (
    NEW,
    config_of,
    find,
    history_of,
    judgeable,
    keeps_weights,
    own_runs,
    readable,
    tag,
)

words = PageWords("training")

FIRST_NUMBER = 0.25  # seconds between two redraws until there is something to see, or an order is carried out
AFTER = 1.0
PROMPT = 0.25  # seconds that a press waits for its result: a worker that stays needs half of it for a step
PATIENT = 2.0  # seconds between two looks at a run that waits: another tab may set it going
PER_VIEWER = 0.08  # seconds per viewer: many viewers share one processor
DRAWING = ("wait", "draw")  # stages in which a run has no images yet
DOING = {"pause": "pausing", "cancel": "stopping", "step": "stepping"}  # texts, by order
SILENT = 20.0  # seconds without a report after which a run is said to be silent


def live_run(run: Run) -> None:
    """Draw the run, again and again while it runs; one that waits only once it goes on."""
    st.fragment(_panel, run_every=_period(run))(run.id, _period(run))
    if run.state == "queued" or run.resumable:
        st.fragment(_wait, run_every=_patience())(run, _patience())


def _wait(shown: Run, period: float) -> None:
    """Draw nothing until the run goes on: looking costs a fraction of drawing."""
    run = find(shown.id)
    if run is None or (run.state, run.attempt) != (shown.state, shown.attempt) or _patience() != period:
        st.rerun()


def _period(run: Run) -> float | None:
    if run.state != "running":
        return None
    passed = progress_of(run)  # a pass over features takes a while
    unseen = not history_of(run).points and (passed is None or passed["stage"] in DRAWING)
    if run.asked or unseen:
        return FIRST_NUMBER
    return max(AFTER, math.ceil(_spread()))  # whole seconds: a new period redraws the page


def _patience() -> float:
    return max(PATIENT, math.floor(_spread()))


def _spread() -> float:
    """Seconds between two redraws at which all who look at a training are no burden."""
    return PER_VIEWER * viewers().count("training", me())


def _panel(run_id: str, period: float | None) -> None:
    run = find(run_id)
    if run is None:  # deleted meanwhile, in another tab perhaps
        st.rerun()
    if not readable(run):
        st.warning(words("state.damaged"))
        if run.owner == owner.current() and not jobs().read_only:
            _button("delete", ":material/delete:", _delete, run)
        return
    course = history_of(run)
    with st.container():  # keeps its place, so that the charts below stay the same when a run ends
        _status(run, course)
        _healed(run, course)
    with st.container(key="training.steering"):  # on a telephone the style sheet puts it below the curves
        _buttons(run)
        if not run.active and noticed(run):
            st.session_state["training.tab"] = words("tab.examine")
            st.rerun()
        if course.inspected and course.inspected.step == course.step:  # not once the run has gone on
            inspected(course.inspected)
    if run.entry == repetition.ENTRY:
        sweep_run.sweep_panel(run)
    elif pictured(run, course):
        *places, beside = st.columns([5, 5, 3])
        panels.curves(config_of(run).epochs, course, places)
        with beside:
            pictures(run, course)
    else:
        panels.curves(config_of(run).epochs, course)
    if run.entry != repetition.ENTRY:
        panels.numbers(course)
    if course.confusion and not keeps_weights(run):
        confusion_table(course.confusion)
    if _period(run) != period or chosen("training.run", run_id) not in (run_id, None):
        st.rerun()  # the rest of the page has to follow


def _status(run: Run, course: History) -> None:
    if run.state == "queued":
        st.info(_waiting(run), icon=":material/hourglass_top:")
    elif run.state == "running" or (run.state == "paused" and (course.total_steps or progress_of(run))):
        share, text = _progress(run, course)  # also when paused: the buttons below keep their place
        st.progress(share, text=text)
    elif run.state in ("failed", "interrupted"):
        reason = sentence(run.error) if run.error else ""
        show = st.error if run.state == "failed" else st.warning
        show(words(f"state.{run.state}", reason=reason))


def _healed(run: Run, course: History) -> None:
    """Say what was damaged and passed over."""
    damaged = jobs().damaged_events(run.id)
    notes = (words("anew") if course.anew else "", words("damaged_events", n=damaged) if damaged else "")
    if note := sentences(*notes):
        st.caption(note)


def _waiting(run: Run) -> str:
    """What a queued run waits for: the owner's other runs, or a slot; and its place in the queue."""
    return sentences(_awaited(run), _place(run))


def _place(run: Run) -> str:
    place = jobs().place(run.id)
    if place is None:
        return ""
    values = {"number": place.number, "waiting": place.waiting}
    if place.seconds is None:
        return words("waiting.place", **values)
    return words("waiting.about", left=panels.span(max(1.0, place.seconds)), **values)


def _awaited(run: Run) -> str:
    ahead = [
        tag(other)
        for other in reversed(own_runs())
        if other.state == "running" or (other.state == "queued" and other.number < run.number)
    ]
    if run.owner != owner.current() or not ahead:
        return words("waiting")
    return words("waiting.behind", runs=listed(ahead))


def _counted(progress: Event) -> dict[str, str]:
    return {name: f"{progress[name]:,}" for name in ("done", "total")}


def _ended(run: Run) -> str:
    """How the run came to rest; of a stopped one also whether it left anything to evaluate."""
    if run.state == "cancelled" and run.entry == repetition.ENTRY:
        return words("sweep.cancelled")
    if run.state == "cancelled" and not judgeable(run):
        return words("state.cancelled.resnet" if history_of(run).step else "state.cancelled.early")
    if run.state == "done" and (stopped := _stopped_early(run)):
        return stopped
    return words(f"state.{run.state}") if run.state in ("done", "paused", "cancelled") else ""


def _stopped_early(run: Run) -> str:
    """Where a run's patience ended it, and whose weights are the best; empty for one with all its epochs."""
    patience, epochs, course = _patience_of(run), config_of(run).epochs, history_of(run)
    best = course.best
    if not patience or best is None or (last := course.epochs[-1]).epoch == epochs:
        return ""
    return words(
        "state.done.early",
        epoch=last.epoch + course.offset,
        epochs=epochs + course.offset,
        patience=patience,
        best=best.epoch + course.offset,
        accuracy=f"{100 * best.validation_accuracy:.1f}",
    )


def _progress(run: Run, course: History) -> tuple[float, str]:
    """How far the run is, and in words what it is doing."""
    if run.asked:
        return course.progress, words(DOING[run.asked])
    if not course.total_steps:
        return _before_training(run)
    epochs = config_of(run).epochs
    epoch = min(epochs, course.step // (course.total_steps // epochs) + 1)
    step, steps = f"{course.step:,}", f"{course.total_steps:,}"
    text = words("progress", epoch=epoch, epochs=epochs, step=step, steps=steps)
    silence = time.time() - (course.reported_at or time.time())
    if run.state == "running" and silence > SILENT:
        text += f" · {words('progress.silent', seconds=panels.span(silence))}"
    elif run.state == "running" and course.time_left:
        left = "progress.left.most" if _patience_of(run) else "progress.left"
        text += f" · {words(left, seconds=panels.span(course.time_left))}"
    if (patience := _patience_of(run)) and course.best:
        waited = course.epochs[-1].epoch - course.best.epoch
        text += f" · {words('progress.patience', waited=waited, patience=patience)}"
    return course.progress, text


def _patience_of(run: Run) -> int:
    """Epochs without a better one after which the run would end; 0 for one that trains all."""
    config = config_of(run)
    return config.patience if isinstance(config, TrainConfig) else 0


def _before_training(run: Run) -> tuple[float, str]:
    passed = progress_of(run)
    if passed is None:
        return 0.0, words("starting")
    if passed["stage"] == "cells":
        return share_of(passed), sweep_run.progress(passed)
    if passed["stage"] not in DRAWING:
        left = panels.span(passed.get("seconds_left"))
        return share_of(passed), words("transfer.pass", left=left, **_counted(passed))
    drawn = progress_of(installing("sketches") or run) if passed["stage"] == "wait" else passed
    return share_of(drawn), words("drawing", **_counted(drawn or passed))


def _buttons(run: Run) -> None:
    ended = _ended(run)
    if run.cell is not None:
        sweep_run.whole_of(run)
        return
    if run.owner != owner.current():
        st.caption(sentences(ended, words("foreign")))
        return
    if jobs().read_only:  # the page says so already
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.resumable:
            _button("resume", ":material/play_arrow:", _steer, run, "resume", kind="primary")
        if run.state == "running":
            _button("pause", ":material/pause:", _steer, run, "pause")
        if (run.state == "running" or run.resumable) and run.entry != repetition.ENTRY:
            _button("step", ":material/skip_next:", _steer, run, "step")
        if run.active or run.resumable:
            _button("stop", ":material/stop:", _steer, run, "cancel")
        if can_branch(run):
            _button("branch", ":material/call_split:", _branch, run)
        if not run.active:
            _button("reset", ":material/replay:", _reset, run)
            _button("delete", ":material/delete:", _delete, run)
        if ended:
            st.caption(ended, width="content")
    if "training.error" in st.session_state:
        show_error(st.session_state.pop("training.error"))


def _button(name: str, icon: str, act: Callable[..., None], *args: object, kind: str = "secondary") -> None:
    st.button(
        words(name),
        help=words(f"{name}.help"),
        icon=icon,
        on_click=act,
        args=args,
        key=f"training.{name}",
        type=kind,  # type: ignore[arg-type]
    )


def _steer(run: Run, order: str) -> None:
    """Pause, resume, step or cancel the run; what is done in a moment is drawn as done."""
    try:
        run = getattr(jobs(), order)(run.id, owner.current())
        deadline = time.monotonic() + PROMPT
        while run.asked and time.monotonic() < deadline:
            time.sleep(0.01)
            run = jobs().get(run.id)
    except InputError as error:
        st.session_state["training.error"] = error


def _branch(run: Run) -> None:
    _reset(run)
    begin(run)


def _reset(run: Run) -> None:
    network = network_of(run)
    put("training.model", network)
    FORMS[network].fill(repetition.fill(config_of(run)))
    put("training.data_set", run.params["data_set"])
    put("training.run", NEW)
    end()


def _delete(run: Run) -> None:
    try:
        jobs().delete(run.id, owner.current())
        put("training.run", None)
    except InputError as error:
        st.session_state["training.error"] = error
