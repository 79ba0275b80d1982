"""Save and load: what a weights file holds, what breaks on loading, and networks to take along."""

from core.files.state_dict import load_wrapped
from core.pitfalls.saving import LOAD_ERRORS, module_of_yours, one_step, trained
from core.saving.diff import differences
from core.saving.export import as_pt, as_safetensors
from core.saving.library import keep
from core.saving.resuming import compare, digest
from core.saving.tiny_net import RenamedNet, TinyNet
from core.saving.ways import saved_file
from pages.app.language import PageWords
from pages.app.tabs import panels, tab
from pages.panels.saving import download, resuming, upload, ways
from pages.shared import wrong_lines

words = PageWords("saving")

# Show
panels(
    {
        "ways": tab(words, "ways", ways.panel, TinyNet, saved_file),
        "breaks": tab(
            words,
            "breaks",
            lambda: wrong_lines.panel(words, LOAD_ERRORS, "renamed", "saving.wrong"),
            *(TinyNet, RenamedNet, module_of_yours, trained, one_step),
        ),
        "resume": tab(words, "resume", resuming.panel, compare, digest),
        "take": tab(words, "take", download.panel, as_pt, as_safetensors),
        "bring": tab(words, "bring", upload.panel, load_wrapped, differences, keep),
    },
    words,
    "saving.tab",
)
