"""A pipeline of transforms with Dataset and DataLoader as a program."""

from core.cifar10 import SPLIT_SEED
from core.code.program import Program, composed
from core.code.template import call
from core.files.locations import FOLDER, DataSet
from core.transforms.loader import Loading
from core.transforms.pipeline import TRANSFORMS, Steps, code, without_augmentation

SECTIONS = ("imports", "parameters", "transform", "dataset", "draws", "loader")


def pipeline_program(
    steps: Steps,
    loading: Loading,
    by_class: bool,
    data_set: DataSet,
    image: int,
    seed: int,
    drawn: int,
    language: str,
) -> Program:
    """The pipeline, its draws of a training image, and batches in the page's order; comments in the language.

    `drawn` draws of the image are those of the seeds from drawn * seed on. `by_class` sorts the Dataset.
    """
    values = {
        "augmented": any(step.random for step in steps),
        "by_class": by_class,
        "downloads": data_set == "cifar-10",
        "drawn": drawn,
        "folder": "data" if data_set == "cifar-10" else FOLDER,
        "image": image,
        "loader": call("DataLoader", _arguments(loading)),
        "loading": loading,
        "seed": seed,
        "split_seed": SPLIT_SEED,
        "test_transform": f"test_{_made(without_augmentation(steps))}",
        "transform": _made(steps),
        "v1": any(TRANSFORMS[step.kind].module == "transforms" for step in steps),
        "v2": bool(steps),
    }
    return composed("pipeline", SECTIONS, values, language)


def _made(steps: Steps) -> str:
    """The assignment of a pipeline, without the imports before it."""
    return code(steps).rpartition("\n\n")[2]


def _arguments(loading: Loading) -> list[str]:
    found = ["train_set", "batch_size=BATCH_SIZE"]
    found += [f"{name}=True" for name in ("shuffle", "drop_last") if getattr(loading, name)]
    found += ["generator=order"] if loading.shuffle else []
    return found + ([f"num_workers={loading.num_workers}"] if loading.num_workers else [])
