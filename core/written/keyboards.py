"""Text as a Chinese keyboard types it, and as web pages and chats hand it on, in the signs of ASCII."""

_WIDE = {0xFF01 + place: 0x21 + place for place in range(0x5E)}  # the full-width forms of ASCII
_BLANKS = dict.fromkeys((0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " ")
_HYPHENS = dict.fromkeys(map(ord, "−‐‑‒–—﹣"), "-")
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))
# For str.translate.
ASCII: dict[int, int | str | None] = {
    **_WIDE,
    **_BLANKS,
    **_HYPHENS,
    **_INVISIBLE,
    ord("…"): "...",
    ord("【"): "[",
    ord("】"): "]",
}
