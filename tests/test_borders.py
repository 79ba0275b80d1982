"""Borders: one-way imports without circles, small folders, no page in core, no torch in what loads first."""

import graphlib
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import Lab
from tests.support import ROOT, imports

# A file imports from its own folder, or from one on a lower floor.
FLOORS = (
    ("core",),
    ("core.files.pickles", "core.written"),
    ("core.files", "core.shapes", "core.layers", "core.losses"),
    ("core.dataset", "core.dataset.drawings"),
    ("core.transforms", "core.optimizers", "core.evaluation", "core.reading", "core.faults"),
    ("core.training",),
    ("core.sweeps",),
    ("core.transfer", "core.inside", "core.saving"),
    ("core.pitfalls", "core.jobs", "core.jobs.limits"),
    ("core.diagnosis",),
    ("core.jobs.worker", "core.figures"),
    ("core.jobs.tasks", "core.code"),
    ("pages.server",),
    ("pages.app",),
    ("pages.shared",),
    ("pages.shared.images",),
    tuple(
        f"pages.panels.{path.name}"
        for path in sorted((ROOT / "pages" / "panels").iterdir())
        if path.name != "__pycache__"
    ),
    ("pages",),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
# The top of core: what these import of ours; all others there import nothing of ours.
TOP = {
    "core.errors": {"core.text"},
    "core.checks": {"core.errors"},
    "core.normalise": {"core.errors"},
    "core.normalisations": {"core.cifar10"},
}
INSIDE = {("core.dataset", "core.dataset.drawings"), ("core.jobs", "core.jobs.limits")}  # room, subfolder
WORKERS = {"core.jobs.worker", "core.jobs.tasks"}  # another process: nobody else imports from there
# A job knows only the settings of the networks, and the memory that they take.
JOBS_SEE = {"core.training.config", "core.training.costs", "core.transfer.config", "core.transfer.memory"}
JOBS_SEE |= {"core.sweeps.config"}
MOST_FILES = 15

KNOWN = imports.modules()
GRAPH = imports.graph(KNOWN)
DOORS = imports.DOORS


def room(name: str) -> str:
    return imports.room(name, KNOWN)


def allowed(importer: str, module: str) -> bool:
    """Whether one file may import another."""
    here, there = room(importer), room(module)
    if (
        module in DOORS
        or (there in WORKERS and here not in WORKERS)
        or (here in WORKERS and there == "core.figures")
    ):
        return False
    if there.startswith("pages.panels.") and here == "pages":
        return there == f"pages.panels.{importer.rpartition('.')[2]}"
    if there == "pages":
        return False
    if importer in DOORS or (here, there) in INSIDE:
        return True
    if here == "core":
        return module in TOP.get(importer, set())
    if here in ("core.jobs", "core.jobs.limits") and FLOOR[there] > FLOOR["core.files"] and here != there:
        return module in JOBS_SEE
    return here == there or FLOOR[there] < FLOOR[here]


def test_no_circle_among_files() -> None:
    assert len(GRAPH) > 200
    graphlib.TopologicalSorter(GRAPH).prepare()


def test_no_circle_among_rooms() -> None:
    graphlib.TopologicalSorter(imports.folders(GRAPH, KNOWN)).prepare()


def test_a_circle_would_be_noticed(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def late():\n    from b import x\n")
    (tmp_path / "b.py").write_text("import a\n")
    known = {name: tmp_path / f"{name}.py" for name in ("a", "b")}
    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter(imports.graph(known)).prepare()


def test_imports_go_downwards_only() -> None:
    assert {room(name) for name in GRAPH if name != "core"} == FLOOR.keys()
    assert [
        (name, module)
        for name, found in GRAPH.items()
        for module in sorted(found)
        if not allowed(name, module)
    ] == []


@pytest.mark.parametrize(
    ("importer", "module"),
    [
        ("core.files.whole", "core.dataset.splits"),  # upwards
        ("core.inside.units", "core.saving.library"),  # sideways
        ("core.checks", "core.files.whole"),  # out of the top
        ("core.jobs.service", "core.training.run"),  # more than settings
        ("core.jobs.limits.quota", "core.jobs.store"),  # a limit knows no run folder
        ("core.figures.training", "core.jobs.worker.job"),  # the other process
        ("pages.app.services", "core.jobs.tasks.train"),
        ("core.inside.units", "core.trainer"),  # a front door
        ("pages.app.choice", "pages.shared.number"),
        ("pages.shared.images.picture", "pages.panels.evaluation.confusion"),
        ("pages.panels.inside.unit", "pages.panels.layers.convolution"),  # another topic's panel
        ("pages.layers", "pages.panels.inside.unit"),
        ("pages.panels.inside.unit", "pages.inside"),  # a page
    ],
)
def test_an_import_against_the_rules_would_be_noticed(importer: str, module: str) -> None:
    assert {importer, module} <= KNOWN.keys() and not allowed(importer, module)


def test_a_folder_holds_few_files() -> None:
    counts = Counter(path.parent for path in KNOWN.values())
    assert {
        str(folder.relative_to(ROOT)): count for folder, count in counts.items() if count > MOST_FILES
    } == {}


def loaded_after(code: str, *arguments: str) -> set[str]:
    """Top-level modules loaded in a fresh process after some code."""
    code += "\nimport sys; print(*(name for name in sys.modules if '.' not in name))"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


# What notebooks, model cards and other programs import.
PATHS = {
    "core.errors": "InputError",
    "core.text": "load Text",
    "core.progress": "Progress",
    "core.outcome": "outcome",
    "core.normalise": "normalise",
    "core.lenet": "LeNet",
    "core.dataset": "CIFAR10Dataset ImageSet Splits Origin splits load_split read_batch download extract "
    "CLASSES MEAN STD",
    "core.dataset.photos": "read_image to_input",
    "core.dataset.sketches": "write",
    "core.shapes": "conv_output_size pool_output_size trace Layer LayerKind LayerShape LAYERS",
    "core.optimizers": "OPTIMIZERS NAMES OptimizerKind Hyper",
    "core.optimizers.trajectories": "SURFACES OPTIMIZERS trajectory Trajectory",
    "core.evaluation": "evaluate evaluation_of Evaluation Calibration ClassScores BATCH",
    "core.trainer": "TrainConfig Training TrainingState StepResult EpochResult RECIPES recipe fit evaluate "
    "Evaluation gradient_norms data_set",
    "core.training.checkpoints": "save load load_state_dict shipped_model",
    "core.jobs": "JobService JobSpec Backend",
}


EACH = """
import sys
import torch, torchvision
for line in sys.argv[1:]:
    for name in [name for name in sys.modules if name.partition(".")[0] == "core"]:
        del sys.modules[name]
    exec(line)
"""


def test_import_paths_that_stay() -> None:
    """Each where nothing else of core was imported before; torch, which takes seconds, is shared."""
    lines = [f"from {module} import {names.replace(' ', ', ')}" for module, names in PATHS.items()]
    assert {"core", "torch"} <= loaded_after(EACH, *lines)


def test_core_knows_neither_streamlit_nor_pages() -> None:
    loaded = loaded_after("\n".join(f"import {name}" for name in KNOWN if name.startswith("core.")))
    assert {"core", "torch"} <= loaded and not loaded & {"streamlit", "pages"}


def test_light_rooms_load_no_torch() -> None:
    """The rooms that the first pages, the job service and its worker load."""
    heavy = {
        "core": {"core.lenet", "core.normalise", "core.outcome", "core.trainer"},
        "core.files": {"core.files.state_dict", "core.files.pickles.arrays"},
        "core.shapes": {"core.shapes.basic_block", "core.shapes.torch_check"},
        "core.written": set(),
        "core.jobs": set(),
        "core.jobs.limits": set(),
        "core.jobs.worker": set(),
    }
    names = [name for name in KNOWN if room(name) in heavy and name not in heavy[room(name)]]
    names += [
        "core.optimizers",
        "core.optimizers.table",
        "core.training",
        "core.training.config",
        "core.transfer.config",
    ]
    names += ["core.transfer", "core.figures.training"]
    assert len(names) > 50
    loaded = loaded_after("\n".join(f"import {name}" for name in names))
    assert "core" in loaded and not loaded & {"torch", "torchvision", "numpy", "streamlit"}


PAGE = """
import sys
from pages.app import background
background.start = lambda: None
from tests.support.visit import visit
assert visit(sys.argv[1]).title[0].value
"""


@pytest.mark.parametrize("page", ["home", "training", "shapes"])
@pytest.mark.parametrize("lab_of", ["lab", "trained"])
def test_the_first_visit_to_a_light_page_waits_for_no_torch(
    lab_of: str, page: str, request: pytest.FixtureRequest
) -> None:
    """Without runs and with finished ones."""
    lab: Lab = request.getfixturevalue(lab_of)
    assert lab.sketches.is_dir()
    loaded = loaded_after(PAGE, page)
    assert "streamlit" in loaded and not loaded & {"torch", "torchvision", "safetensors"}
