"""Save and load: what a file of weights holds, what breaks when it is loaded, and networks to take along."""

from collections.abc import Callable

from core.files.state_dict import load_wrapped
from core.pitfalls import saving
from core.pitfalls.saving import LOAD_ERRORS
from core.saving import export, resuming, ways
from core.saving.diff import differences
from core.saving.library import keep
from core.saving.tiny_net import RenamedNet, TinyNet
from pages.app.page import open_page
from pages.app.tabs import code, notice, panels
from pages.shared import bringing, saving_ways, taking, wrong_lines
from pages.shared import resuming as resumed

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
        "ways": tab("ways", lambda: saving_ways.panel(words), TinyNet, ways.saved_file),
        "breaks": tab(
            "breaks",
            lambda: wrong_lines.panel(words, LOAD_ERRORS, "renamed", "saving.wrong"),
            *(TinyNet, RenamedNet, saving.module_of_yours, saving.trained, saving.one_step),
        ),
        "resume": tab("resume", lambda: resumed.panel(words), resuming.compare, resuming.digest),
        "take": tab("take", lambda: taking.panel(words), export.as_pt, export.as_safetensors),
        "bring": tab("bring", lambda: bringing.panel(words), load_wrapped, differences, keep),
    },
    words,
    "saving.tab",
)
