"""The course of a run as numbers and curves."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.figures.training import accuracy_curve, loss_curve
from core.jobs.history import History, history
from pages.app.language import PageWords

words = PageWords("training")

CHARTS = ("epoch", "loss", "log", "accuracy", "batch", "train", "validation", "lr")
HEIGHT = 300  # pixels


def numbers(course: History) -> None:
    """Show loss, accuracy, best epoch, speed and time in one row."""
    last, best = course.epochs[-1] if course.epochs else None, course.best
    loss = next((point.smoothed for point in reversed(course.points) if point.smoothed is not None), None)
    rows = {
        "loss": f"{loss:.3f}" if loss is not None else "–",
        "validation": f"{100 * last.validation_accuracy:.1f}%" if last else "–",
        "best": f"{best.epoch + course.offset} · {100 * best.validation_accuracy:.1f}%" if best else "–",
        "speed": f"{course.images_per_second:,.0f}" if course.images_per_second else "–",
        "time": span(course.elapsed),
    }
    with st.container(horizontal=True, gap="medium"):
        for name, value in rows.items():
            st.metric(words(f"metric.{name}"), value, width=125)


def empty_run(epochs: int, sentence: str) -> None:
    """Show what a run will look like, before there is one, and what to do to get there."""
    st.info(sentence, icon=":material/show_chart:")
    curves(epochs, history([]))


def curves(epochs: int, course: History, places: Sequence[DeltaGenerator] | None = None) -> None:
    """Draw loss with the learning rate, and accuracy, on axes as long as the run will be; in two places."""
    labels = {name: words(f"chart.{name}") for name in CHARTS}
    last = course.epochs[-1] if course.epochs else None
    left, right = places or st.columns(2)
    losses = [loss_text(last.train_loss), loss_text(last.validation_loss)] if last else ["–", "–"]
    with left:
        st.echarts_chart(
            loss_curve(course, epochs, labels),
            height=HEIGHT,
            alt=words("alt.loss", train=losses[0], validation=losses[1]),
            key="training.loss",
        )
    accuracies = (
        [f"{100 * last.train_accuracy:.1f}", f"{100 * last.validation_accuracy:.1f}"] if last else ["–", "–"]
    )
    with right:
        st.echarts_chart(
            accuracy_curve(course, epochs, labels),
            height=HEIGHT,
            alt=words("alt.accuracy", train=accuracies[0], validation=accuracies[1]),
            key="training.accuracy",
        )


def loss_text(value: float | None) -> str:
    """A loss; a dash for none, or one that is not finite."""
    return "–" if value is None else f"{value:.4f}"


def span(seconds: float | None) -> str:
    """A duration in words: seconds below 100, else minutes."""
    if not seconds:
        return "–"
    return words("seconds", n=round(seconds)) if seconds < 100 else words("minutes", n=round(seconds / 60))
