"""core.figures.echarts: the parts every chart is made of."""

from core.figures.echarts import base, line
from tests.figures.options import chart, words


def test_both_axes_are_numbers_with_names() -> None:
    option = chart(base("ACROSS", "UP"))
    assert (option["xAxis"]["name"], option["yAxis"]["name"]) == ("ACROSS", "UP")
    assert words(option) == {"ACROSS", "UP"}
    for axis in (option["xAxis"], option["yAxis"]):
        assert (axis["type"], axis["nameLocation"]) == ("value", "middle")
    assert option["xAxis"]["min"] == 0
    assert option["yAxis"]["scale"] is True and "min" not in option["yAxis"]
    assert option["grid"]["containLabel"] is True  # or long numbers are cut off


def test_nothing_moves_and_one_tooltip_tells_all_lines() -> None:
    option = chart(base("x", "y"))
    assert option["animation"] is False and option["series"] == []
    assert option["tooltip"]["trigger"] == "axis" and option["tooltip"]["confine"] is True
    assert option["tooltip"]["valueFormatter"] % 0.123456 == "0.1235"
    assert option["legend"]["type"] == "scroll"


def test_charts_share_nothing() -> None:
    first = base("x", "y")
    for part in ("grid", "legend", "tooltip", "xAxis", "yAxis"):
        first[part]["changed"] = True
    first["series"].append("line")
    assert chart(base("x", "y")) != chart(first)
    assert "changed" not in str(base("x", "y")) and base("x", "y")["series"] == []


def test_a_line_goes_through_its_points_in_order() -> None:
    points = [[3, 1], [1, 2], [2, None]]
    drawn = line("LOSS", points, "#123456")
    assert (drawn["type"], drawn["name"], drawn["data"]) == ("line", "LOSS", points)
    assert drawn["lineStyle"]["color"] == drawn["itemStyle"]["color"] == "#123456"
    assert drawn["showSymbol"] is False
    assert line("LOSS", [], "#123456")["data"] == []


def test_a_style_overrides() -> None:
    drawn = line("LOSS", [], "#123456", showSymbol=True, lineStyle={"type": "dashed"}, step="middle")
    assert (drawn["showSymbol"], drawn["lineStyle"], drawn["step"]) == (True, {"type": "dashed"}, "middle")
    assert drawn["itemStyle"] == {"color": "#123456"}
