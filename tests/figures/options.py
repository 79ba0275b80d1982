"""What a learner gets of a chart made for st.echarts_chart."""

import json
from collections.abc import Iterator
from typing import Any


def sent(option: dict[str, Any]) -> Any:
    """The option as the browser receives it; NaN and infinities raise, as they do in Streamlit."""
    return json.loads(json.dumps(option, allow_nan=False))


def chart(option: dict[str, Any]) -> Any:
    """The option as sent, after what holds of every chart: it doesn't move, and names are amid their axes."""
    received = sent(option)
    assert received["animation"] is False
    for axes in (received["xAxis"], received["yAxis"]):
        for axis in axes if isinstance(axes, list) else [axes]:
            assert axis["type"] in ("value", "category", "log")
            assert not axis.get("name") or axis["nameLocation"] == "middle"
    return received


def words(option: Any) -> set[str]:
    """Every word the chart shows: names, titles, legend entries, categories and labels of bars."""
    return {word for word in _words(option) if word}


def _words(value: Any) -> Iterator[str]:
    for key, item in value.items():
        if isinstance(item, str) and key in ("name", "text", "formatter"):
            yield item
        elif isinstance(item, dict):
            yield from _words(item)
        elif isinstance(item, list):
            yield from (word for word in _flat(item) if isinstance(word, str) and key == "data")
            for part in _flat(item):
                if isinstance(part, dict):
                    yield from _words(part)


def _flat(items: list[Any]) -> Iterator[Any]:
    for item in items:
        if isinstance(item, list):
            yield from _flat(item)
        else:
            yield item


def by_name(option: dict[str, Any]) -> dict[str, Any]:
    """The series by name, no two of the same name."""
    named = {one["name"]: one for one in option["series"]}
    assert len(named) == len(option["series"])
    return named


def colour(one: dict[str, Any]) -> str:
    """The colour of a line or a group of points, the same for line, symbols and legend."""
    found: str = one["itemStyle"]["color"]
    assert one.get("lineStyle", {}).get("color", found) == found
    return found


def ends(axis: dict[str, Any]) -> tuple[float, float]:
    """Both ends of an axis."""
    return axis["min"], axis["max"]
