"""zero_grad(): gradients add up in w.grad, by mistake or on purpose."""

import streamlit as st

from core.optimizers import accumulation as core
from core.optimizers.accumulation import COUNT, WAYS, Accumulation, Call
from core.written.numbers import minus
from pages.app.choice import choice
from pages.app.language import PageWords
from pages.shared.number import number

words = PageWords("optimizers")

LINES = {"zero_grad": "`optimizer.zero_grad()`", "backward": "`loss.backward()`"}


@st.fragment
def zero_grad() -> None:
    """Render the panel: a few calls of backward(), one step, and what zero_grad() leaves behind."""
    st.markdown(words("adding.about", lr=core.LR))
    first, second = st.columns([3, 2], gap="large")
    with first:
        way = choice(
            st.segmented_control,
            words("adding.way"),
            WAYS,
            "forgotten",
            key="optimizers.adding",
            format_func=lambda name: words(f"adding.way.{name}"),
            required=True,
        )
    with second:
        count = number(st.slider, words("adding.count"), *COUNT, COUNT.high, key="optimizers.calls", name="n")
    result, large = core.accumulated(count, way), core.together(count)
    left, right = st.columns(2, gap="large")
    with left:
        _calls(result)
    with right:
        _compared(result, large, way)
        st.markdown(_sentence(result, large, way, count))
    _cleared()
    st.markdown(f"**{words('tab.notice')}**\n\n{words('adding.notice')}")


def _calls(result: Accumulation) -> None:
    rows = [Call("start", None, None), *result.calls]
    table = {
        words("adding.line"): [LINES.get(call.name, words("adding.start")) for call in rows],
        words("adding.own"): ["" if call.own is None else _shown(call.own) for call in rows],
        "`w.grad`": [f"`{call.grad}`" if call.grad is None else f"**{_shown(call.grad)}**" for call in rows],
    }
    st.table(table, border="horizontal", hide_index=True)


def _compared(result: Accumulation, large: Accumulation, way: str) -> None:
    rows = {words(f"adding.way.{way}"): result, words("adding.large"): large}
    table = {
        words("adding.way"): list(rows),
        "`w.grad`": [_shown(row.grad) for row in rows.values()],
        words("adding.step"): [f"{_shown(row.before)} → {_shown(row.after)}" for row in rows.values()],
        words("adding.loss"): [f"{row.loss_before:.4f} → {row.loss_after:.4f}" for row in rows.values()],
    }
    st.table(table, border="horizontal", hide_index=True)


def _sentence(result: Accumulation, large: Accumulation, way: str, count: int) -> str:
    own = [call.own for call in result.calls if call.own is not None]
    gap = abs(result.grad - large.grad)
    return words(
        f"adding.told.{way}",
        count=count,
        terms=" + ".join(f"({_shown(value)})" for value in own),
        grad=_shown(result.grad),
        large=_shown(large.grad),
        ratio=f"{result.grad / large.grad:.4g}",
        gap=f"{gap:.1e}" if gap else "0",
    )


def _cleared() -> None:
    st.markdown(f"**{words('cleared')}**\n\n{words('cleared.about', momentum=core.MOMENTUM)}")
    to_none, to_zero = core.cleared(set_to_none=True), core.cleared(set_to_none=False)
    table = {
        words("adding.line"): ["`zero_grad()`", "`zero_grad(set_to_none=False)`"],
        "`w.grad`": [f"`{call.grad}`" for call in (to_none, to_zero)],
        words("cleared.moved"): [_shown(call.moved) for call in (to_none, to_zero)],
    }
    st.table(table, border="horizontal", hide_index=True)
    st.code(f"optimizer.zero_grad()\nw.grad.norm()\n→ {to_none.norm.answer}", language=None, wrap_lines=True)


def _shown(value: float) -> str:
    """Text of a number with four decimals at most."""
    return minus(value, 4).rstrip("0").rstrip(".")
