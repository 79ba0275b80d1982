"""The arithmetic behind the value of one unit, down to the numbers."""

import pandas as pd
import streamlit as st
from torch import Tensor, nn

from core.figures.layers import sums_chart
from core.inside.forward_pass import ForwardPass
from core.inside.stages import MAPS, STAGES, Unit, numbered, receptive_field, weighted
from core.layers.convolution import output_cell
from core.layers.linear import unit_terms
from core.layers.pooling import Pooling, window
from core.layers.weighted_sum import WeightedSum
from core.lenet import LeNet
from core.losses.cross_entropy import softmax_terms
from core.numbers import minus
from core.training.checkpoints import Weights
from pages.app.class_names import class_names
from pages.app.language import PageWords
from pages.app.punctuation import listed
from pages.shared.number_map import NumberMap, Reads, number_maps
from pages.shared.sums import written_out

words = PageWords("inside")


def arithmetic(here: Unit, passed: ForwardPass, network: LeNet, image: Tensor, weights: Weights) -> None:
    """Show the title of the unit, what it reads of the image, and its sum."""
    st.markdown(f"**{_title(here)}**")
    st.markdown(_reads(here))
    kind = STAGES[weighted(here.stage)].kind
    if kind == "convolution":
        _convolved(here, passed, network)
    elif kind == "linear":
        _linear(here, passed, network)
    elif kind == "pooling":
        _pooled(here, passed)
    elif kind == "softmax":
        _softmax(here, passed)
    elif kind == "flatten":
        place = numbered(STAGES[here.stage].reads, here.index)
        values = {"channel": place.channel, "row": place.row, "column": place.column}
        st.markdown(
            words("unit.flat", index=here.index, value=minus(float(passed.flat[0, here.index]), 4), **values)
        )
    else:
        _pixel(here, passed, image, weights)


def _title(here: Unit) -> str:
    stage = words(f"stage.{here.stage}")
    if here.stage == "input":
        return words("unit.title.pixel", row=here.row, column=here.column)
    if here.stage in MAPS:
        return words("unit.title.map", stage=stage, channel=here.channel, row=here.row, column=here.column)
    if here.stage in ("logits", "softmax"):
        return words("unit.title.class", stage=stage, name=class_names()[here.index])
    return words("unit.title.vector", stage=stage, index=here.index)


def _reads(here: Unit) -> str:
    if here.stage == "flat":
        here = numbered(STAGES[here.stage].reads, here.index)
    if here.stage not in (*MAPS, "input"):
        return words("unit.reads.all")
    field = receptive_field(here.stage)
    top, left = here.row * field.step, here.column * field.step
    return words(
        "unit.reads",
        size=field.size,
        top=top,
        bottom=top + field.size - 1,
        left=left,
        right=left + field.size - 1,
    )


def _convolved(here: Unit, passed: ForwardPass, network: LeNet) -> None:
    name = weighted(here.stage)
    layer: nn.Conv2d = getattr(network, STAGES[name].layer)
    terms = output_cell(
        passed[STAGES[name].reads], layer.weight, layer.bias, 1, 0, 1, here.channel, here.row, here.column
    )
    _three((terms.inputs, terms.weights, terms.products), "unit.conv")
    channels = [words("unit.channel", channel=index) for index in range(len(terms.sums))]
    if name == "conv1":
        channels = [words(f"channel.{colour}") for colour in ("red", "green", "blue")]
    _total(
        channels, terms.sums.tolist(), terms.bias, float(passed[name][0, here.channel, here.row, here.column])
    )
    _written(terms.inputs, terms.weights, channels)


def _linear(here: Unit, passed: ForwardPass, network: LeNet) -> None:
    name = weighted(here.stage)
    layer: nn.Linear = getattr(network, STAGES[name].layer)
    before = STAGES[name].reads
    if STAGES[before].kind == "flatten":  # its maps are easier to read
        before = STAGES[before].reads
    inputs = passed[before][0].reshape(STAGES[before].shape)
    terms = unit_terms(inputs, layer, here.index)
    _three((terms.inputs, terms.weights, terms.products), "unit.linear")
    output, relu = float(passed[name][0, here.index]), name != "logits"
    if len(terms.sums) > 1:
        parts = [words("unit.channel", channel=index) for index in range(len(terms.sums))]
        _total(parts, terms.sums.tolist(), terms.bias, output, relu=relu)
        _written(terms.inputs, terms.weights, parts)
        return
    _total(
        [words("unit.products", n=terms.inputs.numel())], terms.sums.tolist(), terms.bias, output, relu=relu
    )
    _largest(terms, before)


def _three(values: tuple[Tensor, Tensor, Tensor], label: str) -> None:
    """Draw inputs, weights and products [C, H, W] beside each other, each cell linked to its counterparts."""
    names = ("inputs", "weights", "products")
    columns = 3 if len(values[0]) in (3, 6) else 4
    maps = [
        NumberMap(tensor, words(f"{label}.{name}"), words(f"{label}.{name}.alt"), size=240, columns=columns)
        for name, tensor in zip(names, values, strict=True)
    ]
    reads = [Reads(source, target) for source in range(3) for target in range(3) if source != target]
    number_maps([[number_map] for number_map in maps], reads=reads, key="inside.terms")


def _total(parts: list[str], sums: list[float], bias: float, output: float, *, relu: bool = True) -> None:
    """Show the partial sums, the bias, and PyTorch's value."""
    total = sum(sums) + bias
    values = {
        "sums": minus(sum(sums), 4),
        "bias": minus(bias, 4),
        "total": minus(total, 4),
        "relu": minus(max(0.0, output), 4),
    }
    st.markdown(words("unit.total.relu" if relu else "unit.total", **values))
    st.caption(words("unit.check", said=minus(output, 6), difference=f"{abs(output - total):.1e}"))
    if len(parts) > 1:
        labels = {"axis": words("unit.part"), "value": words("unit.sum")}
        alt = words(
            "unit.sums.alt",
            parts=listed(f"{name} {minus(value)}" for name, value in zip(parts, sums, strict=True)),
        )
        st.echarts_chart(
            sums_chart([*parts, words("unit.bias")], [*sums, bias], labels),
            height=230,
            alt=alt,
            key="inside.sums",
        )


def _written(values: Tensor, weights: Tensor, names: list[str]) -> None:
    box = st.expander(
        words("unit.written"), icon=":material/calculate:", key="inside.written", on_change="rerun"
    )
    if box.open:
        box.code(written_out(values, weights, names), language=None, wrap_lines=False)


def _largest(terms: WeightedSum, before: str) -> None:
    """Show the inputs that count most here, and the sum of the others below them."""
    products = terms.products.flatten()
    order = products.abs().argsort(descending=True, stable=True)[:10].tolist()
    inputs, weights = terms.inputs.flatten(), terms.weights.flatten()
    rows = [
        [f"{words(f'stage.{before}')} {i}", *(minus(float(row[i]), 4) for row in (inputs, weights, products))]
        for i in order
    ]
    rest = float(products.double().sum()) - float(products[order].double().sum())
    rows.append([words("unit.rest", n=len(products) - len(order)), "", "", minus(rest, 4)])
    columns = [words("unit.from"), words("unit.input"), words("unit.weight"), words("unit.product")]
    st.dataframe(pd.DataFrame(rows, columns=columns), hide_index=True, height="content")


def _pooled(here: Unit, passed: ForwardPass) -> None:
    found = window(passed[STAGES[here.stage].reads][0, here.channel], Pooling(), here.row, here.column)
    values = listed(minus(value, 4) for value in found.values.flatten().tolist())
    assert found.winner is not None
    st.markdown(
        words(
            "unit.pooled",
            values=values,
            largest=minus(found.total, 4),
            row=found.winner[0],
            column=found.winner[1],
        )
    )
    if found.ties > 1:
        st.caption(words("unit.ties", n=found.ties))


def _softmax(here: Unit, passed: ForwardPass) -> None:
    logits, shares = passed.logits[0], passed.softmax[0]
    terms = softmax_terms(logits)
    logit_values = {"logit": minus(float(logits[here.index]), 4), "largest": minus(float(logits.max()), 4)}
    sums = {
        "power": f"{float(terms.powers[here.index]):.4g}",
        "total": f"{terms.total:.4g}",
        "share": f"{float(shares[here.index]):.4g}",
    }
    st.markdown(words("unit.softmax", **logit_values, **sums))
    columns = {
        words("unit.class"): class_names(),
        words("stage.logits"): [minus(value, 4) for value in logits.tolist()],
        words("unit.power"): [f"{value:.4g}" for value in terms.powers.tolist()],
        words("stage.softmax"): [f"{100 * value:.2f}%" for value in shares.tolist()],
    }
    st.dataframe(pd.DataFrame(columns), hide_index=True, height="content")


def _pixel(here: Unit, passed: ForwardPass, image: Tensor, weights: Weights) -> None:
    rows = [
        words(
            "unit.pixel",
            channel=words(f"channel.{name}"),
            pixel=int(image[0, channel, here.row, here.column]),
            mean=f"{weights.mean[channel]:g}",
            std=f"{weights.std[channel]:g}",
            value=minus(float(passed.input[0, channel, here.row, here.column]), 4),
        )
        for channel, name in enumerate(("red", "green", "blue"))
    ]
    st.markdown("\n".join(f"- {row}" for row in rows))
