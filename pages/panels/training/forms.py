"""The networks that can be trained, each with the form of its settings. Another kind is a row here, and one in pages.shared.runs."""

from collections.abc import Mapping
from typing import Any, Protocol

from pages.panels.training import lenet_form, resnet_form


class Form(Protocol):
    """What a form has: a module of this folder."""

    ENTRY: str  # of the job that trains it
    IDEA: str  # key of a paragraph, or nothing
    NOTICE: str  # key of what there is to see
    OPEN: bool  # whether the settings stand open above the run, because they are what it is about

    def first_control(self) -> None:
        """The one that stands beside the data set and fills the others."""

    def settings(self) -> Any:
        """All other controls, and the config they make. Raises InputError for a refused one."""

    def fill(self, config: Any) -> None:
        """Put a config into the controls; call it from a callback."""

    def about(self, config: Any) -> str:
        """A sentence on a config, or nothing."""

    def usable(self, config: Any) -> bool:
        """Whether all that it needs is on this machine."""

    def missing(self) -> None:
        """What to do where it isn't."""

    def code(self) -> tuple[Any, ...]:
        """What trains it, to be shown; imported only now."""


FORMS: Mapping[str, Form] = {"lenet": lenet_form, "resnet18": resnet_form}


def network_of(entry: str) -> str:
    """The network that the job `entry` trains."""
    return next(network for network, form in FORMS.items() if entry == form.ENTRY)
