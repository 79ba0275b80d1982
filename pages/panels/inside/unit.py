"""The arithmetic behind the value of one unit, down to the numbers."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from torch import Tensor, nn

from core.figures.layers import sums_chart
from core.inside.arithmetic import connected, convolved, normalised, pooled
from core.inside.forward_pass import ForwardPass, chain
from core.inside.stages import Stage, Stages, Unit
from core.layers.weighted_sum import WeightedSum
from core.losses.cross_entropy import softmax_terms
from core.training.checkpoints import Weights
from core.written.numbers import minus
from pages.app.class_names import class_names
from pages.app.language import PageWords
from pages.app.punctuation import listed, sentences
from pages.panels.inside.titles import MOST_TILES, columns, title
from pages.shared.images.number_map import NumberMap, Reads, number_maps
from pages.shared.sums import written_out

words = PageWords("inside")

SIDE = 32  # pixels of the image
MOST_LISTED = 9  # values of a window
MOST_PARTS = 17  # bars of partial sums; 16 maps and the bias
MOST_WRITTEN = 500  # products; fc1 of LeNet has 400
COLOURS = ("red", "green", "blue")


def arithmetic(
    here: Unit, found: Stages, passed: ForwardPass, network: nn.Module, image: Tensor, weights: Weights
) -> None:
    """Show the title of the unit, what it reads of the image, and its sum."""
    stage = found[here.stage]
    head = found[stage.head]
    st.markdown(f"**{_title(here, found)}**")
    st.markdown(_reads(here, found))
    if head.kind == "input":
        _pixel(here, passed, image, weights)
        return
    place = Unit(head.name, here.channel, here.row, here.column)
    changes = found.group(stage)[head.kind != "elementwise" :]
    then = sentences(*(_change(change, passed, place) for change in changes))
    modules = chain(network)
    if head.kind in ("convolution", "linear"):
        _weighted(place, found, passed, modules[head.name], then)
    elif head.kind == "softmax":
        _softmax(place, found, passed)
    else:
        st.markdown(sentences(_other(place, found, passed, modules), then))
    for change in changes:
        if change.function.startswith("BatchNorm"):
            st.markdown(_normalised(change, place, passed, modules[change.name]))


def _title(here: Unit, found: Stages) -> str:
    stage = found[here.stage]
    name = title(found, stage)
    if stage.kind == "input":
        return words("unit.title.pixel", row=here.row, column=here.column)
    if stage.is_map:
        return words("unit.title.map", stage=name, channel=here.channel, row=here.row, column=here.column)
    if stage.classes:
        return words("unit.title.class", stage=name, name=class_names()[stage.index(here)])
    return words("unit.title.vector", stage=name, index=stage.index(here))


def _reads(here: Unit, found: Stages) -> str:
    origin = found.origin(here)
    stage = found[origin.stage]
    if stage.sees_all:
        return words("unit.reads.all")
    if stage.field is None:
        return words("unit.reads.unknown")
    seen = [axis.sees(place) for axis, place in zip(stage.field, (origin.row, origin.column), strict=True)]
    rows, across = (range(max(axis.start, 0), min(axis.stop, SIDE)) for axis in seen)
    if not (rows and across):
        return words("unit.reads.padding")
    sentence = words(
        "unit.reads",
        height=len(rows),
        width=len(across),
        top=rows[0],
        bottom=rows[-1],
        left=across[0],
        right=across[-1],
    )
    if [rows, across] == seen:
        return sentence
    return sentences(sentence, words("unit.reads.cut", height=len(seen[0]), width=len(seen[1])))


def _change(change: Stage, passed: ForwardPass, place: Unit) -> str:
    """What becomes of the unit's value in one more step."""
    value = minus(_value(passed, change, place), 4)
    key = "unit.then.dropout" if "Dropout" in change.function else "unit.then"
    return words(key, function=change.function, value=value)


def _value(passed: ForwardPass, stage: Stage, unit: Unit) -> float:
    """The value at the unit's place in a stage of the same shape."""
    return float(passed[stage.name][0].flatten()[stage.index(unit)])


def _normalised(change: Stage, place: Unit, passed: ForwardPass, module: nn.Module) -> str:
    index = change.index(place)
    terms = normalised(module, place.channel if change.is_map else index * change.output[0] // change.count)
    numbers = {name: minus(getattr(terms, name), 4) for name in ("mean", "var", "weight", "bias")}
    x = float(passed[change.reads][0].flatten()[index])
    value = minus(_value(passed, change, place), 4)
    return words(
        "unit.norm", function=change.function, x=minus(x, 4), value=value, eps=f"{terms.eps:g}", **numbers
    )


def _weighted(here: Unit, found: Stages, passed: ForwardPass, module: nn.Module, then: str) -> None:
    """Show the weighted sum of a unit of a convolution or a linear layer."""
    stage = found[here.stage]
    before, x = found[stage.reads], passed[stage.reads]
    if isinstance(module, nn.Conv2d):
        terms = convolved(module, stage, x, here)
        first = here.channel // stage.share[1] * stage.share[0]
    else:
        assert isinstance(module, nn.Linear)
        terms, first = connected(module, found, stage, x[0], stage.index(here)), 0
    three = (terms.inputs, terms.weights, terms.products)
    if terms.inputs.shape[:2] == (1, 1) and before.count == terms.inputs.numel():
        _three([before.drawn(values) for values in three], stage.kind)
    else:
        _three(three, stage.kind)
    parts = [words("unit.channel", channel=first + index) for index in range(len(terms.sums))]
    source = found[before.reads] if before.kind == "flatten" else before
    is_vector = len(parts) == 1 and stage.kind == "linear"
    if source.kind == "input" and not is_vector:
        parts = [words(f"channel.{colour}") for colour in COLOURS][first : first + len(parts)]
    if is_vector:
        parts = [words("unit.products", n=terms.inputs.numel())]
    end = words("unit.logit") if not then and stage.name == found.output.name else then
    _total(parts, terms, _value(passed, stage, here), getattr(module, "bias", None) is not None, end)
    if is_vector:
        _largest(terms, title(found, before))
    elif terms.inputs.numel() <= MOST_WRITTEN:
        _written(terms.inputs, terms.weights, parts)


def _three(values: Sequence[Tensor], kind: str) -> None:
    """Draw inputs, weights and products [C, H, W] beside each other, each cell linked to its counterparts."""
    label = "unit.conv" if kind == "convolution" else "unit.linear"
    names = ("inputs", "weights", "products")
    maps = [
        NumberMap(
            tensor[:MOST_TILES],
            words(f"{label}.{name}"),
            words(f"{label}.{name}.alt"),
            size=240,
            columns=columns(min(len(tensor), MOST_TILES)),
        )
        for name, tensor in zip(names, values, strict=True)
    ]
    reads = [Reads(source, target) for source in range(3) for target in range(3) if source != target]
    number_maps([[number_map] for number_map in maps], reads=reads, key="inside.terms")
    if len(values[0]) > MOST_TILES:
        st.caption(words("unit.tiles", n=MOST_TILES, total=len(values[0])))


def _total(parts: list[str], terms: WeightedSum, output: float, has_bias: bool, then: str) -> None:
    """Show the partial sums, the bias, and PyTorch's value."""
    sums = terms.sums.tolist()
    values = {"sums": minus(sum(sums), 4), "bias": minus(terms.bias, 4), "total": minus(terms.total, 4)}
    st.markdown(sentences(words("unit.total" if has_bias else "unit.total.no_bias", **values), then))
    st.caption(words("unit.check", said=minus(output, 6), difference=f"{abs(output - terms.total):.1e}"))
    if len(parts) == 1:
        return
    bars = [*zip(parts, sums, strict=True), (words("unit.bias"), terms.bias)]
    if len(bars) > MOST_PARTS:
        order = sorted(bars, key=lambda bar: -abs(bar[1]))
        rest = order[MOST_PARTS - 1 :]
        bars = [
            *order[: MOST_PARTS - 1],
            (words("unit.others", n=len(rest)), sum(value for _, value in rest)),
        ]
    labels = {"axis": words("unit.part"), "value": words("unit.sum")}
    names, heights = zip(*bars, strict=True)
    alt = words("unit.sums.alt", parts=listed(f"{name} {minus(value)}" for name, value in bars[:-1]))
    st.echarts_chart(sums_chart(names, heights, labels), height=230, alt=alt, key="inside.sums")


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
        [f"{before} {i}", *(minus(float(row[i]), 4) for row in (inputs, weights, products))] for i in order
    ]
    rest = float(products.double().sum()) - float(products[order].double().sum())
    rows.append([words("unit.rest", n=len(products) - len(order)), "", "", minus(rest, 4)])
    names = [words("unit.from"), words("unit.input"), words("unit.weight"), words("unit.product")]
    st.dataframe(pd.DataFrame(rows, columns=names), hide_index=True, height="content")


def _other(here: Unit, found: Stages, passed: ForwardPass, modules: dict[str, nn.Module]) -> str:
    """One sentence on a unit without weights, or on one whose arithmetic isn't shown here."""
    stage = found[here.stage]
    if stage.kind == "pooling":
        return _pooled(here, stage, passed, modules[stage.name])
    value = minus(_value(passed, stage, here), 4)
    source = found[stage.reads]
    if stage.kind == "elementwise":  # the first of the network
        return words("unit.from_input", value=minus(_value(passed, source, here), 4))
    if stage.kind == "flatten" and source.is_map:
        place = source.unit(stage.index(here))
        return words(
            "unit.flat", index=stage.index(here), count=stage.count, maps=title(found, source), value=value,
            channel=place.channel, row=place.row, column=place.column,
        )  # fmt: skip
    if stage.kind == "flatten":
        return words("unit.flat.again", value=value)
    return words("unit.other", function=stage.function, value=value)


def _pooled(here: Unit, stage: Stage, passed: ForwardPass, module: nn.Module) -> str:
    window = pooled(module, stage, passed[stage.reads][0, here.channel], here)
    inside = window.values[~window.values.isnan()].tolist()
    values = listed(minus(value, 4) for value in inside)
    if len(inside) > MOST_LISTED:
        values = words("unit.values", n=len(inside))
    if window.winner is None:
        return words(
            "unit.mean",
            values=values,
            sum=minus(sum(inside), 4),
            n=window.divisor,
            mean=minus(window.total, 4),
        )
    row, column = window.winner
    sentence = words("unit.pooled", values=values, largest=minus(window.total, 4), row=row, column=column)
    return sentence if window.ties == 1 else sentences(sentence, words("unit.ties", n=window.ties))


def _softmax(here: Unit, found: Stages, passed: ForwardPass) -> None:
    stage = found[here.stage]
    logits, shares = passed[stage.reads][0], passed[stage.name][0]
    terms, index = softmax_terms(logits), stage.index(here)
    logit_values = {"logit": minus(float(logits[index]), 4), "largest": minus(float(logits.max()), 4)}
    sums = {
        "power": f"{float(terms.powers[index]):.4g}",
        "total": f"{terms.total:.4g}",
        "share": f"{float(shares[index]):.4g}",
    }
    st.markdown(words("unit.softmax", **logit_values, **sums))
    table = {
        words("unit.class"): class_names(),
        title(found, found[stage.reads]): [minus(value, 4) for value in logits.tolist()],
        words("unit.power"): [f"{value:.4g}" for value in terms.powers.tolist()],
        words("stage.softmax"): [f"{100 * value:.2f}%" for value in shares.tolist()],
    }
    st.dataframe(pd.DataFrame(table), hide_index=True, height="content")


def _pixel(here: Unit, passed: ForwardPass, image: Tensor, weights: Weights) -> None:
    rows = [
        words(
            "unit.pixel",
            channel=words(f"channel.{name}"),
            pixel=int(image[0, channel, here.row, here.column]),
            mean=f"{weights.mean[channel]:g}",
            std=f"{weights.std[channel]:g}",
            value=minus(float(passed["input"][0, channel, here.row, here.column]), 4),
        )
        for channel, name in enumerate(COLOURS)
    ]
    st.markdown("\n".join(f"- {row}" for row in rows))
