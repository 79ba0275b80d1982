"""Controls of a race: presets that fill them, and the settings one by one."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from core.optimizers import NAMES, OPTIMIZERS
from core.optimizers.races import FIRST, PRESETS, Race
from core.optimizers.trajectories import LIMITS, SURFACES, hyper_of
from pages.app.choice import bound, choice, chosen, put
from pages.app.language import PageWords
from pages.app.tabs import settings
from pages.shared.number import number

words = PageWords("optimizers")

RATES = ("same", "own")
USUAL = PRESETS["ridge"]


@dataclass(frozen=True)
class RaceEntry:
    """A race as the controls set it.

    hyper: hyper-parameters of each optimizer in the race. lr: the common learning rate, if any.
    """

    surface: str
    start: tuple[float, float]
    steps: int
    noise: float
    seed: int
    lr: float | None
    hyper: Mapping[str, Mapping[str, float]]


def presets() -> None:
    """Show a button for each race worth starting from."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="optimizers.presets"):
        st.markdown(f"**{words('preset')}**", width="content")
        for name, race in PRESETS.items():
            st.button(
                words(f"preset.{name}"),
                help=words(f"preset.{name}.help"),
                on_click=fill,
                args=(name, race),
                key=f"optimizers.preset.{name}",
            )


def about_preset() -> None:
    """Say what there is to see in the preset chosen last."""
    preset = st.session_state.get("optimizers.preset")
    if preset in PRESETS:
        st.caption(words(f"preset.{preset}.help"))


def fill(name: str, race: Race) -> None:
    """Put a race into the controls; call from a callback."""
    state = st.session_state
    state["optimizers.preset"] = name
    put("optimizers.surface", race.surface)
    put("optimizers.rate", "own" if race.lr is None else "same")
    state["optimizers.picked"] = list(race.optimizers)
    for field, value in {
        "steps": race.steps,
        "noise": race.noise,
        "x": race.start[0],
        "y": race.start[1],
        "seed": 0,
    }.items():
        state[f"optimizers.{field}"] = value
    if race.lr is not None:
        state["optimizers.lr"] = race.lr
    for optimizer in race.optimizers:
        for field, row in hyper_of(optimizer).items():
            state[_key(optimizer, field)] = row.default


def controls() -> RaceEntry:
    """Show who races and, behind one expander, all other settings; the values are within their bounds."""
    picked = bound(
        st.pills,
        words("picked"),
        list(OPTIMIZERS),
        default=list(FIRST),
        initial=list(FIRST),
        selection_mode="multi",
        format_func=NAMES.__getitem__,
        key="optimizers.picked",
    )
    with settings(words("settings"), key="optimizers.settings"):
        first, second, third = st.columns(3)
        with first:
            surface = choice(
                st.selectbox,
                words("surface"),
                list(SURFACES),
                USUAL.surface,
                key="optimizers.surface",
                format_func=lambda name: words(f"surface.{name}"),
                on_change=_start_again,
            )
            st.latex(SURFACES[surface].formula)
        with second:
            x = _number("x", *LIMITS["start"], USUAL.start[0])
            y = _number("y", *LIMITS["start"], USUAL.start[1])
            steps = number(
                st.slider,
                words("steps"),
                1,
                LIMITS["steps"][1],
                USUAL.steps,
                key="optimizers.steps",
                name="steps",
            )
        with third:
            noise = _number("noise", *LIMITS["noise"], 0.0)
            seed = number(
                st.number_input,
                words("seed"),
                *LIMITS["seed"],
                0,
                key="optimizers.seed",
                name="seed",
                disabled=not noise,
            )
            st.caption(words("noise.help"))
        lr, hyper = _hyper([name for name in OPTIMIZERS if name in picked])
    return RaceEntry(surface, (x, y), steps, noise, seed, lr, hyper)


def _hyper(picked: list[str]) -> tuple[float | None, dict[str, dict[str, float]]]:
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    with left:
        rate = choice(
            st.segmented_control,
            words("rate"),
            RATES,
            "same",
            key="optimizers.rate",
            format_func=lambda option: words(f"rate.{option}"),
            required=True,
        )
    with right:
        lr = _number("lr", hyper_of("sgd")["lr"].low, 100.0, USUAL.lr or 0.01, disabled=rate == "own")
    hyper: dict[str, dict[str, float]] = {}
    for optimizer in picked:
        rows = {
            name: row
            for name, row in hyper_of(optimizer).items()
            if name not in ("lr", "weight_decay") or (name == "lr" and rate == "own")
        }
        if optimizer == "adamw":
            rows["weight_decay"] = hyper_of(optimizer)["weight_decay"]
        hyper[optimizer] = {} if rate == "own" else {"lr": lr}
        if not rows:
            continue
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.markdown(f"**{NAMES[optimizer]}**", width=130)
            for name, row in rows.items():
                key = _key(optimizer, name)
                style = {"step": None, "format": "%g", "width": 130}
                hyper[optimizer][name] = number(
                    st.number_input, f"`{name}`", row.low, row.high, row.default, key=key, name=name, **style
                )
        if hyper[optimizer].get("weight_decay") == 0:
            st.caption(words("adamw"))
    return (None if rate == "own" else lr), hyper


def _number(name: str, low: float, high: float, value: float, **style: object) -> float:
    key = f"optimizers.{name}"
    entered: float = number(
        st.number_input, words(name), low, high, value, key=key, name=name, step=None, format="%g", **style
    )
    return entered


def _key(optimizer: str, name: str) -> str:
    return f"optimizers.{optimizer}.{name}"


def _start_again() -> None:
    """Begin at the start of the newly chosen surface."""
    start = SURFACES[chosen("optimizers.surface", USUAL.surface)].start
    begin_at(*start)


def begin_at(x: float, y: float) -> None:
    """Put a start into the controls; call from a callback."""
    st.session_state["optimizers.x"], st.session_state["optimizers.y"] = float(x), float(y)
