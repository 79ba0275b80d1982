"""A network to take along: as .pt or .safetensors, with the lines that load it; its run for TensorBoard."""

import streamlit as st

from core.errors import InputError
from core.files import locations
from core.lenet import LeNet
from core.saving import export, tensorboard
from core.training.checkpoints import Weights
from core.training.snapshots import CheckpointFile, run_checkpoints
from pages.app.choice import choice
from pages.app.language import PageWords
from pages.app.page import sentence, show_error
from pages.app.services import jobs
from pages.app.tabs import code_box
from pages.shared import loaders
from pages.shared.model_picker import ModelChoice, invite_to_train, pick_model, say_if_unfinished
from pages.shared.runs import recipe_of

words, code_words = PageWords("saving"), PageWords("code")

FORMS = {"pt": export.as_pt, "safetensors": export.as_safetensors}
MOST_CHECKPOINTS = 12  # in the event files, evenly over the run; each costs a picture of ten predictions


def panel() -> None:
    """Let the learner choose a network and a form, and download it."""
    st.markdown(words("take.about"))
    try:
        model = pick_model("saving")
    except InputError as error:
        show_error(error)
        return
    if model is None:
        return
    say_if_unfinished(model)
    invite_to_train(model)
    form = choice(
        st.segmented_control,
        words("take.form"),
        list(FORMS),
        "pt",
        key="saving.form",
        format_func=lambda option: f".{option}",
        required=True,
    )
    name = f"{_stem(model)}.{form}"
    st.download_button(
        words("take.download", name=name),
        data=lambda: FORMS[form](model.weights),
        file_name=name,
        mime="application/octet-stream",
        on_click="ignore",
        key="saving.download",
        type="primary",
        icon=":material/download:",
    )
    st.markdown(words(f"take.{form}.about"))
    if model.weights.architecture:
        st.markdown(words(f"take.{form}.own"))
    st.markdown(words("take.code"))
    st.code(export.loading_code(model.weights, name), language="python", wrap_lines=True)
    if not model.weights.architecture:
        _lenet()
    _tensorboard(model)
    _program(model, name)


def _program(model: ModelChoice, file: str) -> None:
    """Offer a program that loads the file and judges the network."""
    from pages.shared.programs import offer_evaluation  # imports nbformat, so only for those who look

    st.markdown(f"**{code_words('evaluation.whole')}**")
    offer_evaluation(model, file, "saving")


def _lenet() -> None:
    """Show the class that a state_dict of LeNet needs."""
    imports = "import torch.nn.functional as F\nfrom torch import Tensor, nn\n\n\n"
    code_box(words("take.class"), LeNet, key="saving.class", before=imports)


def _stem(model: ModelChoice) -> str:
    if model.run is not None:
        return f"{run_stem(model.weights, model.run.id)}-{model.checkpoint}"
    kind = _kind(model.weights)
    return f"{kind}-{model.digest}" if model.option.startswith("shipped") else f"{kind}-{model.option}"


def _kind(weights: Weights) -> str:
    return "network" if weights.architecture else "lenet"


def run_stem(weights: Weights, run_id: str) -> str:
    """Name of a run's files: data set and recipe, and the moment that begins the run's id."""
    recipe = recipe_of(weights.config) if weights.config else "own"
    return f"{_kind(weights)}-{weights.data_set}-{recipe}-{run_id.rpartition('-')[0]}"


def _tensorboard(model: ModelChoice) -> None:
    st.markdown(f"**TensorBoard**\n\n{words('board.about')}")
    if not tensorboard.installed():
        st.info(sentence(InputError("tensorboard_missing")))
    elif model.run is None:
        st.caption(words("board.no_run"))
    else:
        name = run_stem(model.weights, model.run.id)
        st.download_button(
            words("board.download"),
            data=lambda: _events(model),
            file_name=f"{name}-tensorboard.zip",
            mime="application/zip",
            on_click="ignore",
            key="saving.board",
            icon=":material/download:",
        )
        unpack = f"python -m zipfile -e {name}-tensorboard.zip logs"
        st.code(f"{unpack}\ntensorboard --logdir logs", language="bash", wrap_lines=True)


def _events(model: ModelChoice) -> bytes:
    """Event files, written when the button is pressed; a damaged checkpoint contributes no pictures."""
    run = model.run
    assert run is not None
    events = jobs().events(run.id)
    files = [
        file
        for file in run_checkpoints(run.folder, events, running=run.state == "running")
        if file.epoch is not None and file.digest
    ]
    chosen = files[:: max(1, -(-len(files) // MOST_CHECKPOINTS))]
    root = locations.locate(model.data_set)
    images = loaders.image_set(root, "validation") if root else None
    found = [(file.epoch or 0, weights) for file in chosen if (weights := _whole(file)) is not None]
    return tensorboard.export(run_stem(model.weights, run.id), events, found, images)


def _whole(file: CheckpointFile) -> Weights | None:
    try:
        return loaders.weights_of(file.digest, file)
    except InputError:
        return None
