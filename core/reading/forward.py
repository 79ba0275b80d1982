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
from core.reading.views import MOVED, Views
from core.shapes.code import OURS
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


class Forward:
    """What happens to tensors."""

    def __init__(self, follow: "Interpreter") -> None:
        self._follow = follow
        self.nodes: list[Node] = []
        self._views = Views(follow, self)
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
        problems = (*problems, *self._follow.doubts)
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
            self.used += module.tree() if module.layer.kind in OURS else []
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
        if value.shape is not None and len(value.shape) > 1:
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
            return self._views.view(first, list(shape), name, node)
        if name in ("view_as", "reshape_as", "expand_as", "expand"):
            other = found[1].shape if len(found) > 1 else None
            return self.step(found, name, line, other)
        if name in REDUCTIONS:
            return self._views.reduced(name, first, rest, named, node)
        if name in MOVED:
            return self._views.moved(name, first, [*rest, *named.values()], node)
        if name in ("max", "min", "topk", "sort", "kthvalue", "median") and (rest or named):
            return (self.step(found, name, line), self.step(found, name, line))
        if name in ("chunk", "split", "unbind", "tensor_split"):
            return self._views.chunks(name, first, [*rest, *named.values()], node)
        if name == "pad":
            return self._views.padded(first, rest, named, node)
        if name == "checkpoint":
            return first
        if name in ("add", "sub") and len(found) > 1 and "alpha" in named:
            found[1] = self.step(found[1], "alpha", line, elementwise=True)  # multiplies it before the sum
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

    def indexed(self, tensor: Tensor, node: ast.Subscript) -> Any:
        """x[:, :3], x[0] and their like."""
        return self._views.indexed(tensor, node)

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


_RESIZES = frozenset(
    name
    for name, (kind, _) in FUNCTIONS.items()
    if "pool" in name or kind in ("Upsample", "PixelShuffle", "Flatten")
)


def _at(line: int) -> ast.expr:
    return ast.Name("x", lineno=line, col_offset=0)


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
