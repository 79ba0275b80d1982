"""Save and load: what a file of weights holds, what breaks when it is loaded, and networks to take along."""

from collections.abc import Callable

from core.files.state_dict import load_wrapped
from core.pitfalls.saving import LOAD_ERRORS, module_of_yours, one_step, trained
from core.saving.diff import differences
from core.saving.export import as_pt, as_safetensors
from core.saving.library import keep
from core.saving.resuming import compare, digest
from core.saving.tiny_net import RenamedNet, TinyNet
from core.saving.ways import saved_file
from pages.app.page import open_page
from pages.app.tabs import code, notice, panels
from pages.panels.saving import download, resuming, upload, ways
from pages.shared import wrong_lines

words = open_page("saving")


# Show
def tab(name: str, draw: Callable[[], None], *sources: Callable[..., object]) -> Callable[[], None]:
    def body() -> None:
        draw()
        notice(name, words)
        code(words, *sources, key=f"saving.code.{name}")

    return body


panels(
    {
        "ways": tab("ways", lambda: ways.panel(words), TinyNet, saved_file),
        "breaks": tab(
            "breaks",
            lambda: wrong_lines.panel(words, LOAD_ERRORS, "renamed", "saving.wrong"),
            *(TinyNet, RenamedNet, module_of_yours, trained, one_step),
        ),
        "resume": tab("resume", lambda: resuming.panel(words), compare, digest),
        "take": tab("take", lambda: download.panel(words), as_pt, as_safetensors),
        "bring": tab("bring", lambda: upload.panel(words), load_wrapped, differences, keep),
    },
    words,
    "saving.tab",
)
