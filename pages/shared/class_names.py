"""The names of the ten classes as a learner reads them."""

from core.cifar10 import CLASSES
from pages.app.language import shared as words


def class_names() -> list[str]:
    """In the learner's language."""
    return [words(f"class.{name}") for name in CLASSES]


def class_label(name: str) -> str:
    """In the learner's language; where that is another one, with the name that the data set itself uses."""
    told = words(f"class.{name}")
    return told if told == name else f"{told} {name}"


def class_labels() -> list[str]:
    return [class_label(name) for name in CLASSES]
