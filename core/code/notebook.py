"""A program as a notebook: the script in cells, a training with what the run has printed and drawn."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from core import text
from core.code.curve import Points, curve
from core.code.program import Program, Section
from core.code.template import render
from core.code.training import Config, network, sections
from core.files.locations import DataSet
from core.jobs.history import History

OURS = "lenet_lab"  # key of a notebook's metadata under which the app finds its own settings again
_NOTHING_YET: Mapping[str, str] = {}
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
    parts = [*sections(config, data_set, language), _part("curve", words)]
    outputs = {}
    if course.epochs:
        outputs["loop"] = new_output("stream", name="stdout", text=_printed(course, words))
    if losses:
        outputs["curve"] = new_output("display_data", data=_picture(losses, course))
        parts.append(_part("comparison", words, first=losses[0], last=losses[-1]))
    ours = {"network": network(config), "config": config.to_json(), "data_set": data_set}
    return _book(_title(config, origin, words), ["matplotlib"], parts, outputs, ours)


def of_program(
    program: Program, language: str, link: str, printed: Mapping[str, str] = _NOTHING_YET
) -> bytes:
    """Any program as a notebook with a link back; `printed` is what parts have printed, by name.

    The same arguments give the same bytes.
    """
    words = text.load(language, "code")
    title = words("notebook.title.program", name=words(f"name.{program.name}"), link=link, **_versions())
    outputs = {name: new_output("stream", name="stdout", text=lines) for name, lines in printed.items()}
    return _book(title, program.packages, program.sections, outputs, {"program": program.name})


def _title(config: Config, origin: Origin, words: text.Text) -> str:
    values = {"network": words(f"network.{network(config)}"), "link": origin.link, **_versions()}
    if origin.time is None:
        return words("notebook.title.planned", **values)
    return words("notebook.title", date=f"{datetime.fromtimestamp(origin.time, UTC):%Y-%m-%d}", **values)


def _versions() -> dict[str, str]:
    """Torch's version as an index has it, without the part that names a build, and torchvision's."""
    return {name: version(name).partition("+")[0] for name in ("torch", "torchvision")}


def _part(name: str, words: text.Text, **values: Any) -> Section:
    code = render(f"training/{name}.py.j2", {"say": words, **values})
    return Section(name, code, words(f"section.{name}"))


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


def _book(
    title: str,
    packages: Iterable[str],
    parts: Iterable[Section],
    outputs: Mapping[str, Any],
    ours: Mapping[str, Any],
) -> bytes:
    """The parts as cells below a title and the packages to install; outputs by a part's name."""
    pinned = " ".join([*(f"{name}=={number}" for name, number in _versions().items()), *packages])
    cells = [
        new_markdown_cell(title, id="title"),
        new_code_cell(f"# %pip install {pinned}", id="install"),
    ]
    for part in parts:
        cell = new_code_cell(part.code, id=part.name)
        if part.name == "parameters":
            cell.metadata["tags"] = ["parameters"]
        if part.name in outputs:
            cell.outputs.append(outputs[part.name])
        cells += [new_markdown_cell(part.about, id=f"about-{part.name}"), cell]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}, OURS: dict(ours)}
    book = new_notebook(cells=cells, metadata=metadata)
    nbformat.validate(book)
    written: str = nbformat.writes(book)
    return written.encode()
