"""Tensors followed as shapes through modules, functions and views: each step becomes a node of a graph."""

import ast
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.errors import InputError
from core.reading.tables import (
    ELEMENTWISE,
    FUNCTION_DEFAULTS,
    FUNCTIONS,
    REDUCTIONS,
    SAME_TENSOR,
)
from core.reading.values import (
    BATCH,
    UNKNOWN,
    Class,
    Function,
    Library,
    Method,
    Module,
    Node,
    Tensor,
    Unread,
    tensors,
)
from core.shapes.kinds import Merged
from core.shapes.layers import LAYERS, Layer, Shape
from core.shapes.trace import MOST_LAYERS

if TYPE_CHECKING:
    from core.reading.interpreter import Interpreter

LONGEST = 40  # characters of a step in a sentence
MOST_DEPTH = 100
MOST_NODES = 2_000  # steps, however many layers a list may hold
_NAMES: Mapping[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
}
_VIEWS = ("view", "reshape", "resize", "unflatten", "squeeze", "unsqueeze", "permute", "transpose", "movedim")


class Forward:
    """What happens to tensors."""

    def __init__(self, follow: "Interpreter") -> None:
        self._follow = follow
        self.nodes: list[Node] = []
        self.used: list[Module] = []  # modules through which a tensor went
        self._depth = 0  # of modules within modules
        self.fits = True  # whether nothing has been met yet that PyTorch refuses

    def knows(self, name: str) -> bool:
        """Whether this is a function of torch that is a layer or a view."""
        return name in FUNCTIONS or name in ("cat", "relu_")

    # Making tensors

    def source(self, shape: Shape | None, name: str = "input", parameters: int = 0) -> Tensor:
        """A tensor that nothing made: the images, a parameter, a constant."""
        return self._tensor(shape, Node(name, 0, shape=shape, parameters=parameters))

    def made(self, given: list[Any], named: Mapping[str, Any], line: int) -> Any:
        """torch.randn(1, 3, 32, 32) and its like."""
        numbers = given[0] if given and isinstance(given[0], list | tuple) else given
        if "size" in named:
            numbers = named["size"]
        whole = isinstance(numbers, list | tuple) and all(
            isinstance(each, int) and each > 0 for each in numbers
        )
        return self.source(tuple(numbers) if whole and numbers else None, "constant")

    def parameter(self, value: Any, line: int, counted: bool) -> Tensor:
        """nn.Parameter(tensor)."""
        shape = value.shape if isinstance(value, Tensor) else None
        return self.source(shape, "parameter", math.prod(shape) if shape and counted else 0)

    def _tensor(self, shape: Shape | None, node: Node) -> Tensor:
        if len(self.nodes) >= MOST_NODES:
            raise InputError("layers_too_many", count=len(self.nodes), most=MOST_LAYERS)
        self.nodes.append(node)
        return Tensor(shape, node)

    def step(
        self,
        inputs: Tensor | Sequence[Tensor],
        name: str,
        line: int,
        shape: Shape | None = None,
        *,
        layer: Layer | None = None,
        elementwise: bool = False,
        module: Module | None = None,
        problems: tuple[Unread, ...] = (),
    ) -> Tensor:
        """The tensor that one step makes of others; `elementwise` keeps the first one's shape."""
        several = [inputs] if isinstance(inputs, Tensor) else list(inputs)
        if elementwise and shape is None and several:
            shape = several[0].shape
        for doubt in self._follow.doubts:
            code = self._follow.source.code(doubt)
            problems = (*problems, self._follow.problem(doubt, "paste_condition", code=code))
        node = Node(
            name,
            line,
            tuple(each.node for each in several),
            layer,
            shape,
            elementwise=elementwise,
            calls=tuple(self._follow.calls),
            module=module,
            problems=problems,
        )
        return self._tensor(shape, node)

    # Modules

    def through(
        self, module: Module, given: list[Any], named: Mapping[str, Any], line: int, own: bool = True
    ) -> Any:
        """What a module makes of its arguments; without `own`, what its base class would make."""
        self._depth += 1
        try:
            return self._through(module, given, named, line, own) if self._depth < MOST_DEPTH else UNKNOWN
        finally:
            self._depth -= 1

    def _through(
        self, module: Module, given: list[Any], named: Mapping[str, Any], line: int, own: bool
    ) -> Any:
        found = tensors(given, dict(named))
        self._noticed(found)
        forward = self.own(module) if own else None
        if forward is not None:
            self.used.append(module)
            return self._follow.apply(forward, [module, *given], named, line)
        if not found:
            return UNKNOWN
        self.used.append(module)
        value = found[0]
        if module.layer is not None:
            return self.layer(module.layer, value, line, module)
        if module.lazy is not None:
            return self._lazily(module, value, line)
        if (
            module.children is not None
            and module.kind != "ModuleDict"
            and (module.cls or module.kind == "Sequential")
        ):
            return self._chain(list(module.children.values()), value, line)
        if module.cls is not None:
            return self._guessed(module, value, line)
        if module.kind in ("ModuleList", "ModuleDict"):
            problem = self._follow.problem(line, "paste_no_forward", kind=module.kind)
            return self._chain(list((module.children or {}).values()), value, line, (problem,))
        problems = (module.problem,) if module.problem else ()
        return self.step(found, module.kind, line, module=module, problems=problems)

    def _noticed(self, found: list[Tensor]) -> None:
        """An image that the text itself sends through a network tells the size of all."""
        for value in found:
            if value.node.name == "constant" and value.shape and len(value.shape) == 4:
                self._follow.modules.image = value.shape[1:]

    def own(self, module: Module) -> Function | None:
        """The learner's own forward of a module."""
        if module.cls is None:
            return None
        for name in ("forward", "__call__"):
            try:
                found = module.cls.find(name)
            except KeyError:
                continue
            if isinstance(found, Function):
                return found
        return None

    def _guessed(self, module: Module, value: Tensor, line: int) -> Any:
        """A class without forward: said in PyTorch's words, or made as its unseen base class may mean it."""
        inside = module.modules()
        known = module.cls is not None and set(module.cls.library()) == {"Module"}
        problems: tuple[Unread, ...] = ()
        if known:
            problems = (self._follow.problem(module.line, "paste_forward_missing", kind=module.kind),)
        if not inside:
            return self.step(value, module.kind, line, module=module, problems=problems)
        return self._chain(inside, value, line, problems)

    def _chain(self, modules: list[Any], value: Any, line: int, problems: tuple[Unread, ...] = ()) -> Any:
        for each in modules:
            if not isinstance(each, Module):
                value = self._refused(each, value, line)
            elif not each.kind.endswith("Loss"):
                value = self.through(each, [value], {}, each.line)
            if problems and isinstance(value, Tensor):
                value.node.problems += problems
                problems = ()
        return value

    def _refused(self, part: Any, value: Any, line: int) -> Any:
        """What is no module among those of a container: a class without brackets, a function."""
        if (
            isinstance(part, Library | Class)
            and (made := self._follow.call(part, [], {}, _at(line))) is not UNKNOWN
        ):
            part = made
        value = self._follow.call(part, [value], {}, _at(line))
        if part is not UNKNOWN and isinstance(value, Tensor):
            code = self._follow.source.code(line)
            value.node.problems += (self._follow.problem(line, "paste_raises", code=code),)
        return value

    def layer(self, layer: Layer, value: Tensor, line: int, module: Module | None = None) -> Tensor:
        """What a layer of the table makes of a tensor; its shape is unknown where PyTorch refuses it."""
        shape, refusal = None, None
        if value.shape is not None:
            try:
                image = layer.output(value.shape[1:])
                merged = image is None or isinstance(image, Merged)
                shape = None if merged else (value.shape[0], *(image or ()))
            except InputError as error:
                refusal, self.fits = error, False
        made = self.step(value, layer.kind, line, shape, layer=layer, module=module)
        made.node.refusal = refusal
        return made

    def _lazily(self, module: Module, value: Tensor, line: int) -> Tensor:
        image = value.image
        if module.lazy is None or not image:
            problem = self._follow.problem(module.line, "paste_lazy", kind=module.kind)
            return self.step(value, module.kind, line, module=module, problems=(problem,))
        try:
            return self.layer(module.lazy(image), value, line, module)
        except InputError as error:
            return self.step(value, module.kind, line, module=module, problems=(Unread(module.line, error),))

    # Attributes and functions of tensors

    def attribute(self, tensor: Tensor, name: str) -> Any:
        """shape, ndim, T, or a function of the tensor."""
        if name == "shape":
            return UNKNOWN if tensor.shape is None else tensor.shape
        if name == "ndim":
            return UNKNOWN if tensor.shape is None else len(tensor.shape)
        if name in ("T", "mT"):
            return self.step(tensor, "transpose", 0)
        if name == "data":
            return tensor
        if name == "is_cuda":
            return False
        if name in ("device", "dtype", "requires_grad", "grad"):
            return UNKNOWN
        return Method(tensor, name)

    def function(self, name: str, given: list[Any], named: Mapping[str, Any], node: ast.expr) -> Any:
        """The value of a function of torch, or of a tensor, given with the tensor first."""
        found = tensors(given, dict(named))
        if not found:
            return UNKNOWN
        name = name.rstrip("_") if name.endswith("_") and not name.startswith("_") else name
        named = dict(named)
        first = given[0] if given else named.pop("input", found[0])
        if not given:
            given = [first]
        if not isinstance(first, Tensor):
            return self._joined(name, first, found, given, named, node)
        line, rest = node.lineno, given[1:]
        if name in SAME_TENSOR:
            return first
        if name.endswith("_like"):
            return self.source(first.shape, "constant")
        if name in ("size", "dim", "ndimension", "numel", "nelement", "stride", "is_contiguous"):
            return self._size(first, name, [*rest, *named.values()])
        if name in FUNCTIONS:
            return self._known(name, first, rest, named, node)
        if name in ("view", "reshape", "resize"):
            shape = rest[0] if rest and isinstance(rest[0], list | tuple) else rest or list(named.values())
            if not all(isinstance(each, int) or each is UNKNOWN for each in shape):
                return first if name == "view" else self.unknown(given, named, node)  # view(torch.float)
            return self.view(first, list(shape), name, node)
        if name in ("view_as", "reshape_as", "expand_as", "expand"):
            other = found[1].shape if len(found) > 1 else None
            return self.step(found, name, line, other)
        if name in REDUCTIONS:
            return self._reduced(name, first, rest, named, node)
        if name in _VIEWS:
            return self._moved(name, first, [*rest, *named.values()], node)
        if name in ("max", "min", "topk", "sort", "kthvalue", "median") and (rest or named):
            return (self.step(found, name, line), self.step(found, name, line))
        if name in ("chunk", "split", "unbind", "tensor_split"):
            return self._chunks(name, first, [*rest, *named.values()], node)
        if name == "pad":
            return self._padded(first, rest, named, node)
        if name == "checkpoint":
            return first
        if name in ELEMENTWISE:
            several = sum(isinstance(each, Tensor) for each in (*given, *named.values())) > 1
            said = name if several else ast.unparse(node)[:LONGEST]
            return self.step(found, said, line, _broadcast(found), elementwise=True)
        return self.unknown(given, named, node, name)

    def unknown(
        self,
        given: list[Any],
        named: Mapping[str, Any],
        node: ast.expr | None,
        name: str = "",
        line: int = 0,
        problem: Unread | None = None,
    ) -> Any:
        """What a call makes that isn't followed: a tensor where it takes one, otherwise the unknown."""
        self._follow.modules.dry_run(given, named)
        found = tensors(given, dict(named))
        if not found:
            return UNKNOWN
        if node is not None:
            line = node.lineno
            name = name or (ast.unparse(node.func)[:40] if isinstance(node, ast.Call) else "step")
        code = self._follow.source.code(line)
        problem = problem or self._follow.problem(line, "paste_step_unknown", name=name, code=code)
        return self.step(found, name, line, problems=(problem,))

    def _size(self, tensor: Tensor, name: str, rest: list[Any]) -> Any:
        if tensor.shape is None:
            return UNKNOWN
        if name == "size":
            at = rest[0] if rest else None
            if at is None:
                return tensor.shape
            known = isinstance(at, int) and -len(tensor.shape) <= at < len(tensor.shape)
            return tensor.shape[at] if known else UNKNOWN
        if name in ("numel", "nelement"):
            return math.prod(tensor.shape)
        return len(tensor.shape) if name in ("dim", "ndimension") else UNKNOWN

    def _known(
        self, name: str, first: Tensor, rest: list[Any], named: dict[str, Any], node: ast.expr
    ) -> Tensor:
        """A function that is a layer of the table."""
        kind, order = FUNCTIONS[name]
        values = {**FUNCTION_DEFAULTS.get(name, {}), **dict(zip(order, rest, strict=False)), **named}
        if values.get("training", True) is False:
            return first
        line = node.lineno
        if kind not in LAYERS:
            return self.step(first, name, line, elementwise=LAYERS.get(kind) is None and name not in _RESIZES)
        known = {param.name for param in LAYERS[kind].params}
        params = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in values.items()
            if key in known and not (key == "return_indices" and value is False)
        }
        if name == "softmax" and params.get("dim") is None:
            params.pop("dim", None)
        if UNKNOWN in params.values() or any(
            isinstance(value, tuple) and UNKNOWN in value for value in params.values()
        ):
            problem = self._follow.problem(line, "paste_value", code=self._follow.source.code(line))
            return self.step(first, name, line, problems=(problem,))
        try:
            return (
                self._flat(first, params, line)
                if kind == "Flatten"
                else self.layer(Layer(kind, params), first, line)
            )
        except InputError as error:
            self.fits = False
            return self.step(first, name, line, problems=(Unread(line, error),))

    def _flat(self, first: Tensor, params: dict[str, Any], line: int) -> Tensor:
        """flatten(1) of what is flat already is no step."""
        layer = Layer("Flatten", params)
        flat = first.image is not None and len(first.image) == 1 and params.get("start_dim", 1) == 1
        return first if flat else self.layer(layer, first, line)

    # Views

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
            return self.step(tensor, name, line)
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
            return self.step(tensor, name, line, shape)  # an image that the text itself makes
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
        made = self.step(tensor, name, line, shape, layer=layer, problems=problems)
        made.node.view = True
        return made

    def _unheld(self, tensor: Tensor, wanted: list[Any], name: str, line: int, code: str) -> Tensor:
        """A view of what isn't known: of two dimensions it is Flatten, and right if its number is."""
        if len(wanted) != 2:
            whole = all(isinstance(each, int) and each > 0 for each in wanted[1:])
            return self.step(tensor, name, line, (BATCH, *wanted[1:]) if whole and wanted else None)
        last = wanted[1]
        counted = isinstance(last, int) and last > 0
        problems = (self._follow.problem(line, "paste_view", code=code),) if counted else ()
        shape = (BATCH, last) if counted else None
        return self.step(tensor, name, line, shape, layer=Layer("Flatten", {}), problems=problems)

    def _misfit(self, tensor: Tensor, wanted: list[Any], name: str, line: int, code: str) -> Tensor:
        self.fits = False
        numbers = [each for each in wanted[1:] if each != -1] if len(wanted) > 1 else wanted
        problem = self._follow.problem(
            line, "paste_view_size", found=_per_image(tensor), wanted=math.prod(numbers), code=code
        )
        layer = Layer("Flatten", {}) if len(wanted) == 2 else None
        return self.step(tensor, name, line, layer=layer, problems=(problem,))

    def _regrouped(self, tensor: Tensor, shape: Shape, name: str, line: int, code: str) -> Tensor:
        """A view that no longer has one row for each image."""
        self.fits = False
        rows = shape[0] // BATCH if shape[0] % BATCH == 0 else 0
        key = "paste_view_rows" if rows else "paste_view_mixed"
        problem = self._follow.problem(line, key, rows=rows, found=_per_image(tensor), code=code)
        layer = Layer("Flatten", {}) if len(shape) <= 2 else None
        return self.step(tensor, name, line, layer=layer, problems=(problem,))

    def _moved(self, name: str, tensor: Tensor, rest: list[Any], node: ast.expr) -> Tensor:
        """squeeze, unsqueeze, permute, transpose, movedim and unflatten, where their numbers are known."""
        line, shape = node.lineno, tensor.shape
        if rest and isinstance(rest[0], list | tuple) and name == "permute":
            rest = list(rest[0])
        if shape is None or any(
            not isinstance(each, int) for each in rest if not isinstance(each, list | tuple)
        ):
            return self.step(tensor, name, line)
        try:
            moved = _dimensions(name, shape, rest)
        except (IndexError, ValueError, TypeError):
            self.fits = False
            return self.step(tensor, name, line)
        if moved == shape:
            still = name in ("squeeze",) or rest == sorted(rest)
            return tensor if still else self.step(tensor, name, line, elementwise=True)
        if name in ("squeeze", "unsqueeze", "unflatten") and moved[:1] == shape[:1] == (BATCH,):
            return self._counted(tensor, name, line, moved)
        return self.step(tensor, name, line, moved)

    def _reduced(
        self, name: str, tensor: Tensor, rest: list[Any], named: Mapping[str, Any], node: ast.expr
    ) -> Tensor:
        """mean, sum and their like; the mean over rows and columns is AdaptiveAvgPool2d(1) and Flatten."""
        line, shape = node.lineno, tensor.shape
        dims = named.get("dim", named.get("axis", rest[0] if rest else None))
        keep = named.get("keepdim", named.get("keepdims", rest[1] if len(rest) > 1 else False))
        if shape is None or dims is None or dims is UNKNOWN:
            return self.step(tensor, name, line)
        each = dims if isinstance(dims, list | tuple) else (dims,)
        if not all(isinstance(dim, int) and -len(shape) <= dim < len(shape) for dim in each):
            return self.step(tensor, name, line)
        gone = {dim % len(shape) for dim in each}
        before = tensor.node.inputs[0] if tensor.node.name == name else None
        if before is not None and len(before.shape or ()) == 4 and gone == {2} and shape[2:] != (1, 1):
            shape, gone = before.shape or (), {2, 3}  # mean(3).mean(2)
            tensor = Tensor(shape, before)
        pool = {"mean": "AdaptiveAvgPool2d", "amax": "AdaptiveMaxPool2d"}.get(name, "")
        if gone == {2, 3} and len(shape) == 4 and shape[0] == BATCH and pool in LAYERS:
            pooled = self.layer(Layer(pool, {"output_size": 1}), tensor, line)
            return pooled if keep is True else self.layer(Layer("Flatten", {}), pooled, line)
        left = tuple(
            1 if at in gone else size for at, size in enumerate(shape) if keep is True or at not in gone
        )
        return self.step(tensor, name, line, left)

    def _chunks(self, name: str, tensor: Tensor, rest: list[Any], node: ast.expr) -> Any:
        count, dim = (rest[0] if rest else None), (rest[1] if len(rest) > 1 else 0)
        shape = tensor.shape
        if shape is None or not isinstance(count, int) or not isinstance(dim, int) or name == "unbind":
            return UNKNOWN if name == "unbind" else self.step(tensor, name, node.lineno)
        if not -len(shape) <= dim < len(shape) or not 0 < count <= 1000:
            return self.step(tensor, name, node.lineno)
        size = shape[dim]
        part = -(-size // count) if name == "chunk" else count
        dim %= len(shape)
        return tuple(
            self.step(tensor, name, node.lineno, (*shape[:dim], min(part, size - at), *shape[dim + 1 :]))
            for at in range(0, min(size, 1000 * part), part)
        )

    def _padded(self, tensor: Tensor, rest: list[Any], named: Mapping[str, Any], node: ast.expr) -> Tensor:
        """F.pad by zeros of rows and columns is ZeroPad2d."""
        border = named.get("pad", rest[0] if rest else None)
        mode = named.get("mode", rest[1] if len(rest) > 1 else "constant")
        value = named.get("value", rest[2] if len(rest) > 2 else 0)
        whole = isinstance(border, list | tuple) and all(isinstance(each, int) for each in border)
        if whole and len(border) == 4 and mode == "constant" and not value and "ZeroPad2d" in LAYERS:
            try:
                return self.layer(Layer("ZeroPad2d", {"padding": tuple(border)}), tensor, node.lineno)
            except InputError:
                pass
        if not whole or tensor.shape is None or len(border) % 2 or len(border) > 2 * len(tensor.shape):
            return self.step(tensor, "pad", node.lineno)
        sizes = list(tensor.shape)
        for at in range(len(border) // 2):
            sizes[-1 - at] += border[2 * at] + border[2 * at + 1]
        return self.step(tensor, "pad", node.lineno, tuple(sizes))

    def _joined(
        self,
        name: str,
        first: Any,
        found: list[Tensor],
        given: list[Any],
        named: Mapping[str, Any],
        node: ast.expr,
    ) -> Any:
        """cat, stack and others that take a list of tensors."""
        line = node.lineno
        if name in ("cat", "concat", "concatenate", "stack", "hstack") and isinstance(first, list | tuple):
            dim = named.get("dim", named.get("axis", given[1] if len(given) > 1 else 0))
            shapes = [each.shape for each in first if isinstance(each, Tensor)]
            if name == "stack":
                return self.step(found, name, line)
            return self.step(found, "cat", line, _concatenated(shapes, 1 if name == "hstack" else dim))
        return self.unknown(given, named, node, name)

    def combined(self, node: ast.BinOp | ast.AugAssign, left: Any, right: Any) -> Any:
        """The sum, product ... of tensors and numbers."""
        found = tensors(left, right)
        name = _NAMES.get(type(node.op), "step")
        if not (isinstance(left, Tensor) and isinstance(right, Tensor)):
            name = ast.unparse(node)[:LONGEST]
        if name == "matmul":
            return self.step(found, name, node.lineno)
        shape = _broadcast(found)
        if shape is None and all(each.shape is not None for each in found):
            self.fits = False
            problem = self._follow.problem(
                node.lineno,
                "paste_sum",
                code=self._follow.source.code(node.lineno),
                shapes=tuple(str(list(each.image or each.shape or ())) for each in found),
            )
            return self.step(found, name, node.lineno, problems=(problem,))
        whole = all(each is not UNKNOWN for each in (left, right))
        return self.step(found, name, node.lineno, shape if whole else found[0].shape, elementwise=True)

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
                return self.step(tensor, "index", node.lineno)
        if shape is None:
            return self.step(tensor, "index", node.lineno)
        whole = (*left, *shape)
        if whole == tensor.shape:
            return tensor
        if whole[:1] == (BATCH,) and tensor.image and math.prod(whole[1:]) == math.prod(tensor.image):
            return self._counted(tensor, "index", node.lineno, whole)
        return self.step(tensor, "index", node.lineno, whole)


_RESIZES = frozenset(
    name
    for name, (kind, _) in FUNCTIONS.items()
    if "pool" in name or kind in ("Upsample", "PixelShuffle", "Flatten")
)


def _at(line: int) -> ast.expr:
    return ast.Name("x", lineno=line, col_offset=0)


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


def _broadcast(found: Sequence[Tensor]) -> Shape | None:
    """Shape of an operation number by number; None where PyTorch refuses, or where a shape is unknown."""
    shapes = [each.shape for each in found]
    if not shapes or any(shape is None for shape in shapes):
        return None
    longest = max(len(shape or ()) for shape in shapes)
    sizes = []
    for at in range(-longest, 0):
        column = {shape[at] for shape in shapes if shape is not None and len(shape) >= -at} - {1}
        if len(column) > 1:
            return None
        sizes.append(column.pop() if column else 1)
    return tuple(sizes)


def _concatenated(shapes: Sequence[Shape | None], dim: Any) -> Shape | None:
    if not shapes or not isinstance(dim, int) or any(shape is None for shape in shapes):
        return None
    first = shapes[0] or ()
    if not -len(first) <= dim < len(first):
        return None
    dim %= len(first)
    rest = {
        (*shape[:dim], *shape[dim + 1 :])
        for shape in shapes
        if shape is not None and len(shape) == len(first)
    }
    if len(rest) != 1 or any(len(shape or ()) != len(first) for shape in shapes):
        return None
    return (*first[:dim], sum(shape[dim] for shape in shapes if shape is not None), *first[dim + 1 :])


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
