"""The networks that can be trained, each with its form; a new kind is a row here and in pages.shared.runs."""

from collections.abc import Mapping
from typing import Any, Protocol

from core.files.locations import DataSet
from core.jobs import Run
from core.sweeps.config import Sweep
from core.training.config import TrainConfig
from core.transfer.config import TransferConfig
from pages.app.choice import put
from pages.panels.training import lenet_form, own_form, resnet_form
from pages.shared.runs import NEW, config_of, readable


class Form(Protocol):
    """The interface of a form, which is a module of this folder."""

    ENTRY: str  # the entry of the job that trains it
    NOTICE: str  # key of the text on what to notice
    OPEN: bool  # whether the settings stand open above the run, as its main subject

    def first_control(self) -> None:
        """Draw the control that stands beside the data set and fills the others."""

    def settings(self) -> Any:
        """Draw all other controls and return their config. Raises InputError for a refused one."""

    def require(self, config: Any, data_set: DataSet) -> None:
        """Refuse a config that would take too long here. Raises InputError."""

    def introduce(self, config: Any | None, data_set: DataSet) -> None:
        """Draw what stands above the run; None for a refused config."""

    def fill(self, config: Any) -> None:
        """Put a config into the controls; call this from a callback."""

    def about(self, config: Any) -> str:
        """A sentence on a config, or an empty string."""

    def usable(self, config: Any) -> bool:
        """Check that everything the config needs is on this machine."""

    def missing(self) -> None:
        """Show what can be done where something that a config needs is missing."""


FORMS: Mapping[str, Form] = {"lenet": lenet_form, "own": own_form, "resnet18": resnet_form}


def network_of(run: Run) -> str:
    """The form that a run was started from, a sweep as any of its cells."""
    config = config_of(run)
    return _form_of(config.base if isinstance(config, Sweep) else config)


def show_code(config: Any | None, data_set: DataSet, run: Run | None) -> None:
    """Draw the code of a run, or where there is none of the settings, and take settings back from a file."""
    from pages.shared.programs import bring_back, program  # imports nbformat, so only for those who look

    if run is not None and readable(run):
        found, data_set = config_of(run), run.params["data_set"]
        config = found.base if isinstance(found, Sweep) else found
    if config is not None:
        program(config, data_set, run)
    bring_back(restore)


def restore(config: TrainConfig | TransferConfig, data_set: DataSet) -> None:
    """Put the settings of a training into the controls; call this from a callback."""
    network = _form_of(config)
    put("training.model", network)
    FORMS[network].fill(config)
    put("training.data_set", data_set)
    put("training.run", NEW)


def _form_of(config: TrainConfig | TransferConfig) -> str:
    if isinstance(config, TransferConfig):
        return "resnet18"
    return "own" if config.network else "lenet"
