"""The names of the ten classes as a learner reads them."""

from core.cifar10 import CLASSES
from pages.app.language import shared as words


def class_names() -> list[str]:
    """The class names in the learner's language."""
    return [words(f"class.{name}") for name in CLASSES]


def class_label(name: str) -> str:
    """The class in the learner's language, followed by the data set's own name where that differs."""
    translated = words(f"class.{name}")
    return translated if translated == name else f"{translated} {name}"


def class_labels() -> list[str]:
    """The labels of all ten classes, in the order of CLASSES."""
    return [class_label(name) for name in CLASSES]
