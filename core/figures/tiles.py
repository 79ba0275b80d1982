"""Many small images as one picture, for the browser to cut and enlarge."""

import io
import math

from PIL import Image
from torch import Tensor


def sheet(images: Tensor, columns: int) -> bytes:
    """A PNG of uint8 images [N, 3, H, W], row by row, at their own size and without gaps.

    One picture of N tiles is one request; the browser enlarges it without smoothing. Photographs compress as
    well at level 3 as at zlib's usual 6, in a third of the time: 5 ms for 48 tiles.
    """
    count, channels, height, width = images.shape
    rows = math.ceil(count / columns)
    canvas = images.new_zeros(rows * columns, channels, height, width)
    canvas[:count] = images
    # (rows, H, columns, W, C)
    grid = canvas.view(rows, columns, channels, height, width).permute(0, 3, 1, 4, 2)
    buffer = io.BytesIO()
    Image.fromarray(grid.reshape(rows * height, columns * width, channels).numpy()).save(
        buffer, "PNG", compress_level=3
    )
    return buffer.getvalue()
