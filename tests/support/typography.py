"""Chinese as it is set in print: punctuation of full width, spaces round Latin words, no italics."""

import re
from collections.abc import Iterator

HAN = r"\u4e00-\u9fff"
# Code, formulas and tuples.
FOREIGN = re.compile(
    rf"`[^`]*`|\$[^$]*\$|^self\..*$|\([^()]*[,−][^()]*\)|\([^(){HAN}]*\)|\[[^\[\]]*\]", re.MULTILINE
)
FAULTS = {
    "italics, which Chinese doesn't have": r"(?<!\*)\*(?![*\s])[^*\n]*(?<![*\s])\*(?!\*)",
    "a space before %": r"[\d}*] %",
    "a space at a Chinese quotation mark": rf"[{HAN}] “|” [{HAN}]",
    "a punctuation mark of half width": rf"[{HAN}”）}}][,;:?!]( |$)|[{HAN}] ?[()]|[()][{HAN}]",
    "no space between Chinese and Latin": rf"[{HAN}][A-Za-z0-9]|[A-Za-z0-9%][{HAN}]",
}


def faults(section: str) -> Iterator[str]:
    """What a printer would mend in a Chinese text, each fault with its place."""
    bare = FOREIGN.sub("`", section)
    for fault, pattern in FAULTS.items():
        for found in re.finditer(pattern, bare):
            yield f"{fault}: {bare[max(0, found.start() - 10) : found.end() + 10]}"
