"""Tensors seen otherwise: view and its like, held against what arrives; parts, means and borders."""

import ast
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.errors import InputError
from core.reading.values import BATCH, UNKNOWN, Tensor, Unread
from core.shapes.layers import LAYERS, Layer, Shape

if TYPE_CHECKING:
    from core.reading.forward import Forward
    from core.reading.interpreter import Interpreter

MOVED = ("unflatten", "squeeze", "unsqueeze", "permute", "transpose", "movedim")


class Views:
    """Makes of a tensor another one with the same or fewer numbers."""

    def __init__(self, follow: "Interpreter", forward: "Forward") -> None:
        self._follow = follow
        self._forward = forward

    def view(self, tensor: Tensor, wanted: list[Any], name: str, node: ast.expr) -> Tensor:
        """view and reshape, held against what arrives."""
        line, code = node.lineno, self._follow.source.code(node.lineno)
        if tensor.shape is None:
            return self._unheld(tensor, wanted, name, line, code)
        wanted = list(wanted)
        if wanted and wanted[0] is UNKNOWN and (UNKNOWN not in wanted[1:] or -1 in wanted):
            wanted[0] = BATCH
        wanted = [-1 if each is UNKNOWN and -1 not in wanted else each for each in wanted]
        if UNKNOWN in wanted or wanted.count(-1) > 1:
            return self._forward.step(tensor, name, line)
        total, known = math.prod(tensor.shape), math.prod(each for each in wanted if each != -1)
        problems: tuple[Unread, ...] = ()
        fixed = wanted[0] if wanted and 0 < wanted[0] != BATCH and known % BATCH else 0
        if fixed and tensor.shape[0] == BATCH:
            each_image = math.prod(wanted[1:]) if -1 not in wanted else None
            if len(wanted) > 1 and (each_image is None or each_image * BATCH == total):
                problems = (self._follow.problem(line, "paste_view_batch", count=fixed, code=code),)
                wanted[0] = BATCH
                known = math.prod(each for each in wanted if each != -1)
        if -1 in wanted and known and total % known == 0:
            wanted[wanted.index(-1)] = total // known
        shape = tuple(wanted)
        if -1 in wanted or math.prod(shape) != total:
            return self._misfit(tensor, wanted, name, line, code)
        if shape == tensor.shape:
            return tensor
        if tensor.shape[0] != BATCH and shape[0] != BATCH:
            return self._forward.step(tensor, name, line, shape)  # an image that the text itself makes
        if shape[0] != BATCH:
            return self._regrouped(tensor, shape, name, line, code)
        return self._counted(tensor, name, line, shape, problems)

    def _counted(
        self, tensor: Tensor, name: str, line: int, shape: Shape, problems: tuple[Unread, ...] = ()
    ) -> Tensor:
        """The same numbers of each image in other dimensions; several such steps are one."""
        if tensor.node.view:
            problems = (*tensor.node.problems, *problems)
            before = tensor.node.inputs[0]
            tensor = Tensor(before.shape, before)
        if shape == tensor.shape and not problems:
            return tensor
        layer = Layer("Flatten", {}) if len(shape) == 2 else _unflatten(tensor, shape)
        made = self._forward.step(tensor, name, line, shape, layer=layer, problems=problems)
        made.node.view = True
        return made

    def _unheld(self, tensor: Tensor, wanted: list[Any], name: str, line: int, code: str) -> Tensor:
        """A view of what isn't known: of two dimensions it is Flatten, and right if its number is."""
        if len(wanted) != 2:
            whole = all(isinstance(each, int) and each > 0 for each in wanted[1:])
            return self._forward.step(tensor, name, line, (BATCH, *wanted[1:]) if whole and wanted else None)
        last = wanted[1]
        counted = isinstance(last, int) and last > 0
        problems = (self._follow.problem(line, "paste_view", code=code),) if counted else ()
        shape = (BATCH, last) if counted else None
        return self._forward.step(tensor, name, line, shape, layer=Layer("Flatten", {}), problems=problems)

    def _misfit(self, tensor: Tensor, wanted: list[Any], name: str, line: int, code: str) -> Tensor:
        self._forward.fits = False
        numbers = [each for each in wanted[1:] if each != -1] if len(wanted) > 1 else wanted
        problem = self._follow.problem(
            line, "paste_view_size", found=_per_image(tensor), wanted=math.prod(numbers), code=code
        )
        layer = Layer("Flatten", {}) if len(wanted) == 2 else None
        return self._forward.step(tensor, name, line, layer=layer, problems=(problem,))

    def _regrouped(self, tensor: Tensor, shape: Shape, name: str, line: int, code: str) -> Tensor:
        """A view that no longer has one row for each image."""
        self._forward.fits = False
        rows = shape[0] // BATCH if shape[0] % BATCH == 0 else 0
        key = "paste_view_rows" if rows else "paste_view_mixed"
        problem = self._follow.problem(line, key, rows=rows, found=_per_image(tensor), code=code)
        layer = Layer("Flatten", {}) if len(shape) <= 2 else None
        return self._forward.step(tensor, name, line, layer=layer, problems=(problem,))

    def moved(self, name: str, tensor: Tensor, rest: list[Any], node: ast.expr) -> Tensor:
        """squeeze, unsqueeze, permute, transpose, movedim and unflatten, where their numbers are known."""
        line, shape = node.lineno, tensor.shape
        if rest and isinstance(rest[0], list | tuple) and name == "permute":
            rest = list(rest[0])
        if shape is None or any(
            not isinstance(each, int) for each in rest if not isinstance(each, list | tuple)
        ):
            return self._forward.step(tensor, name, line)
        try:
            moved = _dimensions(name, shape, rest)
        except (IndexError, ValueError, TypeError):
            self._forward.fits = False
            return self._forward.step(tensor, name, line)
        if moved == shape:
            still = name in ("squeeze",) or rest == sorted(rest)
            return tensor if still else self._forward.step(tensor, name, line, elementwise=True)
        if name in ("squeeze", "unsqueeze", "unflatten") and moved[:1] == shape[:1] == (BATCH,):
            return self._counted(tensor, name, line, moved)
        return self._forward.step(tensor, name, line, moved)

    def reduced(
        self, name: str, tensor: Tensor, rest: list[Any], named: Mapping[str, Any], node: ast.expr
    ) -> Tensor:
        """mean, sum and their like; the mean over rows and columns is AdaptiveAvgPool2d(1) and Flatten."""
        line, shape = node.lineno, tensor.shape
        dims = named.get("dim", named.get("axis", rest[0] if rest else None))
        keep = named.get("keepdim", named.get("keepdims", rest[1] if len(rest) > 1 else False))
        if shape is None or dims is None or dims is UNKNOWN:
            return self._forward.step(tensor, name, line)
        each = dims if isinstance(dims, list | tuple) else (dims,)
        if not all(isinstance(dim, int) and -len(shape) <= dim < len(shape) for dim in each):
            return self._forward.step(tensor, name, line)
        gone = {dim % len(shape) for dim in each}
        before = tensor.node.inputs[0] if tensor.node.name == name else None
        if before is not None and len(before.shape or ()) == 4 and gone == {2} and shape[2:] != (1, 1):
            shape, gone = before.shape or (), {2, 3}  # mean(3).mean(2)
            tensor = Tensor(shape, before)
        pool = {"mean": "AdaptiveAvgPool2d", "amax": "AdaptiveMaxPool2d"}.get(name, "")
        if gone == {2, 3} and len(shape) == 4 and shape[0] == BATCH and pool in LAYERS:
            pooled = self._forward.layer(Layer(pool, {"output_size": 1}), tensor, line)
            return pooled if keep is True else self._forward.layer(Layer("Flatten", {}), pooled, line)
        left = tuple(
            1 if at in gone else size for at, size in enumerate(shape) if keep is True or at not in gone
        )
        return self._forward.step(tensor, name, line, left)

    def chunks(self, name: str, tensor: Tensor, rest: list[Any], node: ast.expr) -> Any:
        count, dim = (rest[0] if rest else None), (rest[1] if len(rest) > 1 else 0)
        shape = tensor.shape
        if shape is None or not isinstance(count, int) or not isinstance(dim, int) or name == "unbind":
            return UNKNOWN if name == "unbind" else self._forward.step(tensor, name, node.lineno)
        if not -len(shape) <= dim < len(shape) or not 0 < count <= 1000:
            return self._forward.step(tensor, name, node.lineno)
        size = shape[dim]
        part = -(-size // count) if name == "chunk" else count
        dim %= len(shape)
        return tuple(
            self._forward.step(
                tensor, name, node.lineno, (*shape[:dim], min(part, size - at), *shape[dim + 1 :])
            )
            for at in range(0, min(size, 1000 * part), part)
        )

    def padded(self, tensor: Tensor, rest: list[Any], named: Mapping[str, Any], node: ast.expr) -> Tensor:
        """F.pad by zeros of rows and columns is ZeroPad2d."""
        border = named.get("pad", rest[0] if rest else None)
        mode = named.get("mode", rest[1] if len(rest) > 1 else "constant")
        value = named.get("value", rest[2] if len(rest) > 2 else 0)
        whole = isinstance(border, list | tuple) and all(isinstance(each, int) for each in border)
        if whole and len(border) == 4 and mode == "constant" and not value and "ZeroPad2d" in LAYERS:
            try:
                return self._forward.layer(
                    Layer("ZeroPad2d", {"padding": tuple(border)}), tensor, node.lineno
                )
            except InputError:
                pass
        if not whole or tensor.shape is None or len(border) % 2 or len(border) > 2 * len(tensor.shape):
            return self._forward.step(tensor, "pad", node.lineno)
        sizes = list(tensor.shape)
        for at in range(len(border) // 2):
            sizes[-1 - at] += border[2 * at] + border[2 * at + 1]
        return self._forward.step(tensor, "pad", node.lineno, tuple(sizes))

    def indexed(self, tensor: Tensor, node: ast.Subscript) -> Any:
        """x[:, :3], x[0] and their like, for whole slices and single numbers."""
        keys = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        shape: list[int] | None = list(tensor.shape) if tensor.shape else None
        left: list[int] = []
        for key in keys:
            value = None if isinstance(key, ast.Constant) and key.value is None else self._follow.visit(key)
            if value is None:
                left.append(1)
            elif shape and isinstance(value, slice):
                left.append(len(range(shape.pop(0))[value]) if shape[0] <= 10**7 else 0)
            elif shape and isinstance(value, int):
                shape.pop(0)
            else:
                return self._forward.step(tensor, "index", node.lineno)
        if shape is None:
            return self._forward.step(tensor, "index", node.lineno)
        whole = (*left, *shape)
        if whole == tensor.shape:
            return tensor
        if whole[:1] == (BATCH,) and tensor.image and math.prod(whole[1:]) == math.prod(tensor.image):
            return self._counted(tensor, "index", node.lineno, whole)
        return self._forward.step(tensor, "index", node.lineno, whole)


def _per_image(tensor: Tensor) -> int:
    return math.prod(tensor.image) if tensor.image is not None else math.prod(tensor.shape or (0,))


def _unflatten(tensor: Tensor, shape: Shape) -> Layer | None:
    """The layer that gives a row of numbers this shape; None where the table has none."""
    if "Unflatten" not in LAYERS or tensor.image is None or len(tensor.image) != 1:
        return None
    try:
        return Layer("Unflatten", {"dim": 1, "unflattened_size": shape[1:]})
    except InputError:
        return None


def _dimensions(name: str, shape: Shape, rest: list[Any]) -> Shape:
    """The shape after a view that only moves dimensions. Raises IndexError, ValueError or TypeError."""
    sizes = list(shape)
    if name == "squeeze":
        if not rest:
            return (*shape[:1], *(size for size in shape[1:] if size != 1))
        dims = [dim % len(shape) for dim in rest]
        return tuple(size for at, size in enumerate(shape) if at not in dims or size != 1)
    if name == "unsqueeze":
        at = rest[0] % (len(shape) + 1)
        return (*shape[:at], 1, *shape[at:])
    if name == "permute":
        if sorted(dim % len(shape) for dim in rest) != list(range(len(shape))):
            raise ValueError
        return tuple(shape[dim] for dim in rest)
    if name == "unflatten":
        at, parts = rest[0] % len(shape), list(rest[1])
        if -1 in parts:
            parts[parts.index(-1)] = shape[at] // math.prod(part for part in parts if part != -1)
        return (*shape[:at], *parts, *shape[at + 1 :])
    first, second = rest
    if name == "movedim":
        sizes.insert(second % len(shape), sizes.pop(first))
    else:
        sizes[first], sizes[second] = sizes[second], sizes[first]
    return tuple(sizes)
