"""A training as a notebook: the script in cells, with what the learner's own run has printed and drawn."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from core import text
from core.code.curve import Points, curve
from core.code.template import render
from core.code.training import Config, network, sections
from core.files.locations import DataSet
from core.jobs.history import History

OURS = "lenet_lab"  # key of a notebook's metadata under which the app finds its own settings again
_NOTHING = History((), (), None, 0, 0, 0.0, None, None)


@dataclass(frozen=True)
class Origin:
    """Where a notebook comes from: a link back into the app, and its run's start, in seconds since 1970.

    `time` is None for settings that nobody has trained with.
    """

    link: str
    time: float | None = None


def notebook(
    config: Config, data_set: DataSet, language: str, origin: Origin, course: History = _NOTHING
) -> bytes:
    """The notebook as a file; `course` is what the run has reported, of one not started nothing.

    The same arguments give the same bytes.
    """
    words = text.load(language, "code")
    losses: Points = [(point.step, point.loss) for point in course.points if point.loss is not None]
    cells = [
        _prose("title", _title(config, origin, words)),
        _code(
            "install", f"# %pip install torch=={_torch()} torchvision=={version('torchvision')} matplotlib"
        ),
    ]
    for section in sections(config, data_set, language):
        cells.append(_prose(f"about-{section.name}", words(f"section.{section.name}")))
        cells.append(_code(section.name, section.code))
    loop = next(cell for cell in cells if cell.id == "loop")
    next(cell for cell in cells if cell.id == "parameters").metadata["tags"] = ["parameters"]
    cells += [
        _prose("about-curve", words("section.curve")),
        drawn := _code("curve", _rendered("curve", words)),
    ]
    if course.epochs:
        loop.outputs.append(new_output("stream", name="stdout", text=_printed(course, words)))
    if losses:
        drawn.outputs.append(new_output("display_data", data=_picture(losses, course)))
        values = {"first": losses[0], "last": losses[-1]}
        cells += [
            _prose("about-comparison", words("section.comparison")),
            _code("comparison", _rendered("comparison", words, **values)),
        ]
    return _written(cells, {"network": network(config), "config": config.to_json(), "data_set": data_set})


def _title(config: Config, origin: Origin, words: text.Text) -> str:
    values = {
        "network": words(f"network.{network(config)}"),
        "torch": _torch(),
        "torchvision": version("torchvision"),
        "link": origin.link,
    }
    if origin.time is None:
        return words("notebook.title.planned", **values)
    return words("notebook.title", date=f"{datetime.fromtimestamp(origin.time, UTC):%Y-%m-%d}", **values)


def _torch() -> str:
    """Torch's version as an index has it, without the part that names a build."""
    return version("torch").partition("+")[0]


def _rendered(name: str, words: text.Text, **values: Any) -> str:
    return render(f"training/{name}.py.j2", {"say": words, **values})


def _printed(course: History, words: text.Text) -> str:
    """What the loop prints, of the run's own epochs."""
    lines = [
        f"{words('epoch')} {row.epoch}: {words('validation')} "
        f"{float('nan') if row.validation_loss is None else row.validation_loss:.4f}, "
        f"{row.validation_accuracy:.1%}\n"
        for row in course.epochs
    ]
    return "".join(lines)


def _picture(losses: Points, course: History) -> Mapping[str, str]:
    steps = course.total_steps / len(course.epochs) if course.epochs else 0
    judged = [
        (round(row.epoch * steps), row.validation_loss)
        for row in course.epochs
        if row.validation_loss is not None
    ]
    return {"image/png": base64.b64encode(curve(losses, judged)).decode()}


def _prose(name: str, words: str) -> Any:
    return new_markdown_cell(words, id=name)


def _code(name: str, code: str) -> Any:
    return new_code_cell(code, id=name)


def _written(cells: list[Any], ours: Mapping[str, Any]) -> bytes:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}, OURS: dict(ours)}
    book = new_notebook(cells=cells, metadata=metadata)
    nbformat.validate(book)
    written: str = nbformat.writes(book)
    return written.encode()
