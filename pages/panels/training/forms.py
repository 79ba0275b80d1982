"""The networks that can be trained, each with its form; a new kind is a row here and in pages.shared.runs."""

from collections.abc import Mapping
from typing import Any, Protocol

from pages.panels.training import lenet_form, resnet_form


class Form(Protocol):
    """The interface of a form, which is a module of this folder."""

    ENTRY: str  # the entry of the job that trains it
    IDEA: str  # key of a paragraph, or empty
    NOTICE: str  # key of the text on what to notice
    OPEN: bool  # whether the settings stand open above the run, as its main subject

    def first_control(self) -> None:
        """Draw the control that stands beside the data set and fills the others."""

    def settings(self) -> Any:
        """Draw all other controls and return their config. Raises InputError for a refused one."""

    def fill(self, config: Any) -> None:
        """Put a config into the controls; call this from a callback."""

    def about(self, config: Any) -> str:
        """A sentence on a config, or an empty string."""

    def usable(self, config: Any) -> bool:
        """Check that everything the config needs is on this machine."""

    def missing(self) -> None:
        """Show what can be done where something that a config needs is missing."""

    def code(self) -> tuple[Any, ...]:
        """The code that trains the network, to be shown; imported only on this call."""


FORMS: Mapping[str, Form] = {"lenet": lenet_form, "resnet18": resnet_form}


def network_of(entry: str) -> str:
    """The network that the job `entry` trains."""
    return next(network for network, form in FORMS.items() if entry == form.ENTRY)
