"""What print(model) shows, as the code of the same modules."""

import re

_ROW = re.compile(r"^(\s*)\(([\w.-]+)\):\s*(?:(\d+) x )?([\w.]+)\((.*)$")
_HEAD = re.compile(r"^\s*([A-Za-z_]\w*)\(\s*$")
_WORD = re.compile(r"=([A-Za-z_]\w*)(?=[,)])")


def as_code(text: str) -> str | None:
    """A printed network as nn.Sequential(...), line by line; None for any other text.

    The order is that of the printed lines: forward isn't printed.
    """
    lines = text.splitlines()
    rows = [_ROW.match(line) for line in lines]
    if not any(rows) or any(word in text for word in ("def ", "class ", "nn.")):
        return None
    out, depth = [], 0
    for line, row in zip(lines, rows, strict=True):
        made, change = "", 0
        head = _HEAD.match(line)
        if row is not None:
            made, change = _made(row)
        elif head is not None and depth == 0:
            made, change = "Sequential(", 1
        elif line.strip() in (")", "),") and depth > 0:
            made, change = ")," if depth > 1 else ")", -1
        out.append(made)
        depth += change
    return "\n".join(out) + "\n" + ")" * max(depth, 0)


def _made(row: re.Match[str]) -> tuple[str, int]:
    """The code of one printed module, and by how much it opens a bracket."""
    times, kind, rest = row.group(3), row.group(4), row.group(5).strip()
    if not rest.endswith(")"):
        return f"{'*' if times else ''}Sequential({rest}", 1  # its children follow
    inside = _WORD.sub(
        lambda found: (
            found.group() if found.group(1) in ("True", "False", "None") else f"='{found.group(1)}'"
        ),
        f"{rest}",
    )
    made = f"{kind}({inside}"
    count = min(int(times or 1), 200)
    return f"*[{made} for _ in range({count})]," if count > 1 else f"{made},", 0
