"""The text of a plan: classes, blocks, loops and lists, as learners write them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import torch

from tests.support.learners import spelling
from tests.support.learners.draw import Group
from tests.support.learners.plan import Branch, Part, Shape, Step

NAMES = {
    "in_channels": ["in_channels", "in_ch", "c_in", "inp", "in_planes", "nin"],
    "out_channels": ["out_channels", "out_ch", "c_out", "oup", "planes", "width"],
    "in_features": ["in_features", "fc_in", "flat_size", "n_in"],
    "out_features": ["out_features", "hidden", "hidden_dim", "units", "num_classes"],
    "kernel_size": ["kernel_size", "k", "ks"],
    "num_features": ["num_features", "channels", "ch"],
}
LAYER_NAMES = {
    "Conv2d": ["conv", "c", "cnn", "conv_", "_conv"],
    "Linear": ["fc", "linear", "lin", "dense", "fc_", "l"],
    "MaxPool2d": ["pool", "maxpool", "mp", "max_pool"],
    "BatchNorm2d": ["bn", "norm", "batchnorm"],
}
VARIABLES = ["x", "x", "x", "out", "h", "y", "inputs", "img", "z", "features", "输入"]


def literal(name: str, made: int) -> str:
    return str(made)


@dataclass
class Text:
    """Code above the network, and names that are taken."""

    rng: Random
    top: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    branches: dict[int, str] = field(default_factory=dict)  # id of a branch -> class that it is written as
    constants: dict[int, str] = field(default_factory=dict)

    def fresh(self, *wanted: str) -> str:
        """A name that nothing has yet."""
        name = self.rng.choice(wanted)
        count = 1
        while name in self.taken:
            count += 1
            name = f"{name.rstrip('0123456789')}{count}"
        self.taken.add(name)
        return name

    def constant(self, name: str, made: int) -> str:
        """A number by a name of the whole text: a constant, an entry of a dict, an attribute of a class."""
        if made not in self.constants:
            called = self.fresh(name.upper())
            held = self.rng.choice(["plain", "plain", "dict", "class", "dataclass", "tuple"])
            forms = {
                "plain": ([f"{called} = {made}"], called),
                "tuple": ([f"{called}, _{called} = {made}, 0"], called),
                "dict": ([f"cfg_{called} = {{'{name}': {made}, 'other': None}}"], f"cfg_{called}['{name}']"),
                "class": ([f"class Cfg{called}:", f"    {name} = {made}"], f"Cfg{called}.{name}"),
                "dataclass": (
                    [
                        "from dataclasses import dataclass",
                        "@dataclass",
                        f"class Cfg{called}:",
                        f"    {name}: int = {made}",
                        "    lr: float = 1e-3",
                        f"conf_{called} = Cfg{called}()",
                    ],
                    f"conf_{called}.{name}",
                ),
            }
            lines, self.constants[made] = forms[held]
            self.top += [*lines, ""]
        return self.constants[made]

    def sum(self, name: str, made: int) -> str:
        """A number, now and then as the sum that makes it."""
        draw = self.rng.random()
        factors = [each for each in range(2, 40) if made % each == 0 and made // each > 1]
        if draw < 0.25 and factors and made > 12:
            one = self.rng.choice(factors)
            return f"{made // one}*{one}" if draw < 0.1 else f"{made // one} * {one}"
        if draw < 0.3 and made in (4, 8, 16, 32, 64):
            return f"2**{made.bit_length() - 1}"
        if draw < 0.33:
            return self.rng.choice(
                [f"{2 * made} // 2", f"int({made})", f"({made - 1} + 1)", f"int({2 * made} / 2)"]
            )
        return str(made)


class ClassText:
    """A class with __init__ and forward, written part by part."""

    def __init__(self, text: Text, name: str, shape: Shape | None, hides: float) -> None:
        self.text, self.rng, self.name, self.shape, self.hides = text, text.rng, name, shape, hides
        self.arguments: list[tuple[str, int | None, int]] = []  # name, default, value
        self.known: dict[int, str] = {}
        self.taken: set[str] = {"self", "x"}
        self.attributes: list[str] = []
        self.init: list[str] = []
        self.methods: list[str] = []
        self.lines: list[str] = []
        self.variable = self.start = self.rng.choice(VARIABLES)
        self.current = self.variable
        self.shared: dict[str, str] = {}
        self.functional = self.rng.random()
        self.nested = self.rng.choice([0, 0, 0.5, 0.9])
        self.renames = True
        self.numbered = self.rng.random() < 0.7

    # Names and numbers

    def fresh(self, *wanted: str) -> str:
        """An attribute's or argument's name that this class has not yet."""
        base = self.rng.choice(wanted)
        count, name = 1, f"{base}1" if self.numbered and base not in NAMES else base
        while name in self.taken:
            count += 1
            name = f"{base}{count}"
        self.taken.add(name)
        return name

    def number(self, name: str, made: int) -> str:
        """The code of a number in __init__: itself, an argument, an attribute or a constant."""
        if made in self.known and self.rng.random() < 0.6:
            return self.known[made]
        if self.rng.random() >= self.hides:
            return self.text.sum(name, made)
        way = self.rng.choice(["argument", "argument", "local", "attribute", "class", "text"])
        called = self.fresh(*NAMES.get(name, [name]))
        if way == "argument":
            default = made if self.rng.random() < 0.5 else None
            self.arguments.append((called, default, made))
        elif way == "local":
            self.init.append(f"{called} = {self.text.sum(name, made)}")
        elif way == "attribute":
            self.init.append(f"self.{called} = {self.text.sum(name, made)}")
            called = f"self.{called}"
        elif way == "class":
            self.attributes.append(f"{called} = {made}")
            called = f"self.{called}"
        else:
            return self.text.constant(name, made)
        self.known[made] = called
        return called

    def plain(self, name: str, made: int) -> str:
        return self.text.sum(name, made)

    # Steps

    def moved(self, step: Part) -> None:
        if self.shape is not None:
            with torch.device("meta"), torch.no_grad():
                self.shape = tuple(step.module().eval()(torch.empty(2, *self.shape)).shape[1:])

    def said(self, expression: str) -> None:
        """Let the current value be this expression, by a statement or nested into the next one."""
        self.current = expression
        if self.rng.random() >= self.nested:
            self.settle()

    def settle(self) -> None:
        """Give the current value a name."""
        if self.current == self.variable:
            return
        if self.renames and self.rng.random() < 0.1:
            self.variable = self.rng.choice(["x", "out", "h", "y", "z", "t"])
        self.lines.append(f"{self.variable} = {self.current}")
        self.current = self.variable

    def step(self, part: Part) -> None:
        """One layer or branch as a step of forward."""
        if isinstance(part, Branch):
            self.branch(part)
        else:
            made = None
            if self.shape is not None and self.rng.random() < self.functional:
                if part.kind == "Flatten" and self.rng.random() < 0.7:
                    self.settle()
                made = spelling.function(self.rng, part, self.current, self.plain, self.shape)
            self.said(made or f"{self.attribute(part)}({self.current})")
        self.moved(part)

    def attribute(self, step: Step) -> str:
        """self.conv1, made in __init__; one without weights may stand for several."""
        module = spelling.module(self.rng, step, self.number)
        learns = any(True for _ in step.module().parameters())
        key = f"{step.kind}{sorted(step.params.items(), key=str)}"
        if not learns and key in self.shared and self.rng.random() < 0.6:
            return self.shared[key]
        name = self.fresh(*LAYER_NAMES.get(step.kind, [step.kind.lower()]))
        self.kept(name, module)
        self.shared[key] = f"self.{name}"
        return self.shared[key]

    def kept(self, name: str, module: str) -> None:
        """The line that makes an attribute."""
        draw = self.rng.random()
        if draw < 0.04:
            self.init.append(f"self.add_module('{name}', {module})")
        elif draw < 0.06:
            self.init.append(f"setattr(self, '{name}', {module})")
        else:
            self.init.append(f"self.{name} = {module}")

    def branch(self, part: Branch) -> None:
        if self.rng.random() < 0.5 and self.shape is not None:
            self.inline(part)
        else:
            name = self.fresh("block", "res", "unit")
            self.init.append(f"self.{name} = {block(self.text, part, self.number)}")
            self.said(f"self.{name}({self.current})")

    def inline(self, part: Branch) -> None:
        """A branch in this forward: each way from the same name, then the sum or torch.cat."""
        self.settle()
        self.renames = False
        before, shape, ends = self.variable, self.shape, []
        for at, way in enumerate(part.ways):
            self.variable, self.current, self.shape = before, before, shape
            if way:
                names = ["identity", "residual", "shortcut"] if at else ["b", "out", "branch"]
                self.variable = self.fresh(*(name for name in names if name != before))
                self.current = before
                for step in way:
                    self.step(step)
                self.settle()
                if self.current == before:
                    self.lines.append(f"{self.variable} = {before}")
            ends.append(self.current)
        self.shape = shape
        self.current, self.variable = "", before
        self.current = joined(self.rng, part, ends)
        if part.join == "add" and ends[0] != before and self.rng.random() < 0.4:
            self.lines.append(f"{ends[0]} += {ends[1]}")
            self.current = ends[0]
        self.settle()
        self.renames = True

    # The class

    def call(self, values: Sequence[str] | None = None) -> str:
        """The code that makes an instance."""
        given, words = [], []
        positional = True
        for at, (name, default, value) in enumerate(self.ordered()):
            code = values[at] if values is not None else str(value)
            if default == value and values is None and self.rng.random() < 0.6:
                positional = False
            elif positional and self.rng.random() < 0.7:
                given.append(code)
            else:
                positional = False
                words.append(f"{name}={code}")
        return f"{self.name}({', '.join([*given, *words])})"

    def ordered(self) -> list[tuple[str, int | None, int]]:
        return sorted(self.arguments, key=lambda each: each[1] is not None)

    def code(self) -> list[str]:
        """The lines of the class."""
        rng = self.rng
        if self.current != self.variable and rng.random() < 0.5:
            self.settle()
        typed = rng.random() < 0.15
        arguments = [
            f"{name}{': int' if typed else ''}{'' if default is None else f'={default}'}"
            for name, default, _ in self.ordered()
        ]
        bases = rng.choice(["nn.Module"] * 8 + ["torch.nn.Module"])
        lines = [f"class {self.name}({bases}):"]
        if rng.random() < 0.2:
            lines.append(
                rng.choice(
                    ['    """A small network."""', "    '''网络'''", '    """\n    conv -> fc\n    """']
                )
            )
        lines += [f"    {line}" for line in self.attributes]
        lines.append(f"    def __init__({', '.join(['self', *arguments])}){' -> None' if typed else ''}:")
        lines.append(f"        {rng.choice(self.starts())}")
        lines += [f"        {line}" for line in self.init]
        lines += ["", *(f"    {line}" for line in self.methods)]
        hint = ": torch.Tensor" if typed else ""
        lines.append(f"    def forward(self, {self.start}{hint}){' -> torch.Tensor' if typed else ''}:")
        lines += [f"        {line}" for line in self.lines]
        lines.append(f"        return {self.current}")
        return [*lines, ""]

    def starts(self) -> list[str]:
        return [
            "super().__init__()",
            "super().__init__()",
            f"super({self.name}, self).__init__()",
            "nn.Module.__init__(self)",
        ]


def joined(rng: Random, part: Branch, ends: Sequence[str]) -> str:
    if part.join == "cat":
        listed = ", ".join(ends)
        return rng.choice(
            [f"torch.cat([{listed}], 1)", f"torch.cat(({listed}), dim=1)", f"torch.cat([{listed}], dim=-3)"]
        )
    first, second = ends
    return rng.choice([f"{first} + {second}", f"torch.add({first}, {second})", f"{first}.add({second})"])


def block(text: Text, part: Branch, number: spelling.Number) -> str:
    """A branch as a class of its own; the code that makes it."""
    made = ClassText(text, text.fresh("Residual", "ResBlock", "Bottle", "Unit"), None, 0.4)
    made.start = made.variable = made.current = "x"
    made.renames = False
    ends = []
    for at, way in enumerate(part.ways):
        if not way:
            ends.append("x")
            continue
        if len(way) > 1 and text.rng.random() < 0.4 and at:
            name = made.fresh("shortcut", "downsample", "proj")
            made.init.append(f"self.{name} = {sequential(text, modules(text, way, made.number))}")
            ends.append(f"self.{name}(x)")
            continue
        made.current, made.variable = "x", "x"
        made.variable = made.fresh("out", "a", "branch")
        made.current = "x"
        for step in way:
            made.step(step)
        made.settle()
        ends.append(made.current)
    made.variable, made.current = "out", joined(text.rng, part, ends)
    text.branches[id(part)] = made.name
    text.top += made.code()
    return made.call()


def modules(text: Text, parts: Sequence[Part], number: spelling.Number) -> list[str]:
    """The code of each part as a module."""
    return [
        block(text, part, number) if isinstance(part, Branch) else spelling.module(text.rng, part, number)
        for part in parts
    ]


def sequential(text: Text, calls: Sequence[str]) -> str:
    """nn.Sequential in one of its spellings."""
    rng = text.rng
    draw = rng.random()
    if draw < 0.12:
        pairs = [f"('{text.fresh('layer', 'l', 'm')}', {call})" for call in calls]
        return f"nn.Sequential(OrderedDict([{', '.join(pairs)}]))"
    if draw < 0.2:
        return f"nn.Sequential(*[{', '.join(calls)}])"
    if draw < 0.26 and len(calls) > 2:
        at = rng.randint(1, len(calls) - 1)
        return f"nn.Sequential(nn.Sequential({', '.join(calls[:at])}), {', '.join(calls[at:])})"
    return f"nn.Sequential({', '.join(calls)}{',' if draw > 0.9 else ''})"


# Parts of a network


def inline(net: ClassText, parts: Sequence[Part]) -> None:
    """Each layer by itself."""
    for part in parts:
        net.step(part)


def as_sequential(net: ClassText, parts: Sequence[Part]) -> None:
    """An nn.Sequential as an attribute, filled at once or little by little."""
    name = net.fresh("features", "body", "layers", "net", "seq", "stage")
    calls = modules(net.text, parts, net.number)
    way = net.rng.choice(["once", "once", "list", "add", "append", "lines", "helper", "subclass"])
    if way == "once":
        net.init.append(f"self.{name} = {sequential(net.text, calls)}")
    elif way == "lines":
        net.init += [f"self.{name} = nn.Sequential(", *(f"    {call}," for call in calls), ")"]
    elif way == "list":
        net.init.append(f"{name}_list = []")
        for call in calls:
            net.init.append(net.rng.choice([f"{name}_list.append({call})", f"{name}_list += [{call}]"]))
        net.init.append(f"self.{name} = nn.Sequential(*{name}_list)")
    elif way in ("add", "append"):
        net.init.append(f"self.{name} = nn.Sequential()")
        for at, call in enumerate(calls):
            label = net.rng.choice([f"'{name}{at}'", f"'layer%d' % {at}", f"f'layer_{{{at}}}'", f"str({at})"])
            added = f"add_module({label}, {call})" if way == "add" else f"append({call})"
            net.init.append(f"self.{name}.{added}")
    else:
        calls = modules(net.text, parts, net.text.sum)
        net.init.append(f"self.{name} = {(helper if way == 'helper' else subclass)(net, calls)}")
    _through(net, parts, f"self.{name}({net.current})")


def _through(net: ClassText, parts: Sequence[Part], expression: str) -> None:
    for part in parts:
        net.moved(part)
    net.said(expression)


def helper(net: ClassText, calls: Sequence[str]) -> str:
    """A function of the text, or a method, that gives an nn.Sequential."""
    name = net.text.fresh("make_block", "conv_block", "make_layers", "build_stage")
    body = net.rng.choice(
        [
            [f"return nn.Sequential({', '.join(calls)})"],
            ["layers = []", *(f"layers.append({call})" for call in calls), "return nn.Sequential(*layers)"],
            [f"layers = [{', '.join(calls)}]", "return nn.Sequential(*layers)"],
            ["seq = nn.Sequential()"]
            + [f"seq.add_module('{at}', {call})" for at, call in enumerate(calls)]
            + ["return seq"],
        ]
    )
    if net.rng.random() < 0.4:
        fixed = net.rng.random() < 0.3
        net.methods += ["@staticmethod"] if fixed else []
        net.methods += [f"def {name}({'' if fixed else 'self'}):", *(f"    {line}" for line in body), ""]
        return f"self.{name}()"
    net.text.top += [f"def {name}():", *(f"    {line}" for line in body), ""]
    return f"{name}()"


def subclass(net: ClassText, calls: Sequence[str]) -> str:
    """A class that inherits from nn.Sequential."""
    name = net.text.fresh("Stage", "ConvBNReLU", "Stem")
    start = net.rng.choice(["super().__init__(", f"super({name}, self).__init__("])
    net.text.top += [f"class {name}(nn.Sequential):", "    def __init__(self):", f"        {start}"]
    net.text.top += [*(f"            {call}," for call in calls), "        )", ""]
    return f"{name}()"


def as_list(net: ClassText, parts: Sequence[Part]) -> None:
    """An nn.ModuleList and a loop in forward."""
    name = net.fresh("layers", "blocks", "convs", "stages")
    calls = modules(net.text, parts, net.number)
    if net.rng.random() < 0.6:
        net.init.append(f"self.{name} = nn.ModuleList([{', '.join(calls)}])")
    else:
        net.init.append(f"self.{name} = nn.ModuleList()")
        net.init += [f"self.{name}.append({call})" for call in calls]
    net.settle()
    x = net.variable
    net.lines += net.rng.choice(
        [
            [f"for layer in self.{name}:", f"    {x} = layer({x})"],
            [f"for i, layer in enumerate(self.{name}):", f"    {x} = layer({x})"],
            [f"for i in range(len(self.{name})):", f"    {x} = self.{name}[i]({x})"],
            ["i = 0", f"while i < len(self.{name}):", f"    {x} = self.{name}[i]({x})", "    i += 1"],
            [f"{x} = self.{name}[{at}]({x})" for at in range(len(calls))],
        ]
    )
    for part in parts:
        net.moved(part)


def as_dict(net: ClassText, parts: Sequence[Part]) -> None:
    """An nn.ModuleDict, by its names or in a loop."""
    name = net.fresh("layers", "mods", "parts")
    words = [
        f"{'step' if isinstance(part, Branch) else part.kind.lower()}_{at}" for at, part in enumerate(parts)
    ]
    calls = modules(net.text, parts, net.number)
    pairs = ", ".join(f"'{word}': {call}" for word, call in zip(words, calls, strict=True))
    net.init.append(f"self.{name} = nn.ModuleDict({{{pairs}}})")
    net.settle()
    x = net.variable
    net.lines += net.rng.choice(
        [
            [f"{x} = self.{name}['{word}']({x})" for word in words],
            [f"for key in self.{name}:", f"    {x} = self.{name}[key]({x})"],
            [f"for key, layer in self.{name}.items():", f"    {x} = layer({x})"],
            [f"for layer in self.{name}.values():", f"    {x} = layer({x})"],
        ]
    )
    for part in parts:
        net.moved(part)


def as_named(net: ClassText, parts: Sequence[Part]) -> None:
    """Attributes by setattr or add_module in __init__, by getattr in forward."""
    name = net.fresh("layer", "blk", "m")
    for at, call in enumerate(modules(net.text, parts, net.number)):
        label = net.rng.choice(
            [f"'{name}_{at}'", f"'{name}_' + str({at})", f"'{name}_%d' % {at}", f"'{name}_{{}}'.format({at})"]
        )
        net.init.append(
            net.rng.choice([f"setattr(self, {label}, {call})", f"self.add_module({label}, {call})"])
        )
    net.settle()
    x = net.variable
    net.lines += net.rng.choice(
        [
            [f"for i in range({len(parts)}):", f"    {x} = getattr(self, f'{name}_{{i}}')({x})"],
            [f"for i in range({len(parts)}):", f"    {x} = self.__getattr__('{name}_' + str(i))({x})"],
            [f"for i in range({len(parts)}):", f"    {x} = self._modules['{name}_%d' % i]({x})"],
            [f"{x} = self.{name}_{at}({x})" for at in range(len(parts))],
        ]
    )
    for part in parts:
        net.moved(part)


def as_class(net: ClassText, parts: Sequence[Part]) -> None:
    """A class of the learner's own around these layers."""
    made = ClassText(
        net.text, net.text.fresh("ConvBlock", "Block", "Features", "Head", "MyModule"), net.shape, 0.4
    )
    inline(made, parts)
    net.text.top += made.code()
    name = net.fresh("block", "part", "stage")
    net.init.append(f"self.{name} = {made.call()}")
    _through(net, parts, f"self.{name}({net.current})")


WAYS: Sequence[Callable[[ClassText, Sequence[Part]], None]] = [
    inline,
    inline,
    inline,
    as_sequential,
    as_sequential,
    as_list,
    as_dict,
    as_named,
    as_class,
]


def part(net: ClassText, group: Group) -> None:
    """A group of stages: all at once, one by one, or in a loop over what differs."""
    branches = any(isinstance(each, Branch) for each in group.parts)
    if branches:
        for each in group.parts:
            net.step(each)
    elif differing(group)[0] and net.rng.random() < 0.7:
        alike(net, group)
    elif net.rng.random() < 0.5:
        net.rng.choice(WAYS)(net, group.parts)
    else:
        for stage in group.stages:
            net.rng.choice(WAYS)(net, stage)


# Stages that differ in numbers only


def differing(group: Group) -> tuple[list[str], list[list[int]], dict[tuple[int, str], str]]:
    """Names of the numbers that differ between stages, their values, and where they stand."""
    names: dict[tuple[int, ...], str] = {}
    places: dict[tuple[int, str], str] = {}
    for at, steps in enumerate(zip(*group.stages, strict=True)):
        for key in steps[0].params:
            values = tuple(step.params[key] for step in steps)
            if len(set(map(str, values))) > 1:
                names.setdefault(values, ["cin", "cout", "chs", "num", "mid"][len(names)])
                places[at, key] = names[values]
    columns = list(names)
    rows = [[column[stage] for column in columns] for stage in range(len(group.stages))]
    return list(names.values()), rows, places


def alike(net: ClassText, group: Group) -> None:
    """A loop, a comprehension, a helper with arguments or a class with arguments, once for every stage."""
    names, rows, places = differing(group)
    first = [step for step in group.stages[0] if isinstance(step, Step)]
    calls = []
    for at, step in enumerate(first):
        params = {
            key: _Name(places[at, key]) if (at, key) in places else made for key, made in step.params.items()
        }
        calls.append(spelling.module(net.rng, Step(step.kind, params), literal))
    name = net.fresh("features", "convs", "stages")
    net.rng.choice([_helper, _looped, _comprehended, _configured, _classed])(net, name, names, rows, calls)
    for each in group.parts:
        net.moved(each)


class _Name(str):
    """An argument that is a name of the text."""

    def __repr__(self) -> str:
        return str(self)


def _listed(rows: Sequence[Sequence[Any]]) -> str:
    items = [str(row[0]) if len(row) == 1 else f"({', '.join(map(str, row))})" for row in rows]
    return f"[{', '.join(items)}]"


def _worded(names: Sequence[str], row: Sequence[int]) -> str:
    return ", ".join(f"{name}={value}" for name, value in zip(names, row, strict=True))


def _helper(
    net: ClassText, name: str, names: Sequence[str], rows: Sequence[Sequence[int]], calls: Sequence[str]
) -> None:
    called = net.text.fresh("conv_block", "make_layer", "block")
    lambdas = net.rng.random() < 0.15
    made = f"nn.Sequential({', '.join(calls)})"
    if lambdas:
        net.text.top += [f"{called} = lambda {', '.join(names)}: {made}", ""]
    else:
        net.text.top += [f"def {called}({', '.join(names)}):", f"    return {made}", ""]
    for row in rows:
        given = _worded(names, row) if net.rng.random() < 0.2 else ", ".join(map(str, row))
        attribute = net.fresh("block", "layer")
        net.init.append(f"self.{attribute} = {called}({given})")
        net.said(f"self.{attribute}({net.current})")


def _looped(
    net: ClassText, name: str, names: Sequence[str], rows: Sequence[Sequence[int]], calls: Sequence[str]
) -> None:
    net.init.append("layers = []")
    net.init.append(f"for {', '.join(names)} in {_listed(rows)}:")
    net.init += net.rng.choice(
        [
            [f"    layers.append({call})" for call in calls],
            [f"    layers += [{', '.join(calls)}]"],
            [f"    layers.extend([{', '.join(calls)}])"],
        ]
    )
    net.init.append(f"self.{name} = nn.Sequential(*layers)")
    net.said(f"self.{name}({net.current})")


def _comprehended(
    net: ClassText, name: str, names: Sequence[str], rows: Sequence[Sequence[int]], calls: Sequence[str]
) -> None:
    made = f"nn.Sequential({', '.join(calls)})"
    each = f"{made} for {', '.join(names)} in {_listed(rows)}"
    if net.rng.random() < 0.5:
        net.init.append(f"self.{name} = nn.Sequential(*[{each}])")
        net.said(f"self.{name}({net.current})")
        return
    net.init.append(
        f"self.{name} = nn.ModuleList({each})" if len(names) > 1 else f"self.{name} = nn.ModuleList([{each}])"
    )
    net.settle()
    net.lines += [f"for stage in self.{name}:", f"    {net.variable} = stage({net.variable})"]


def _configured(
    net: ClassText, name: str, names: Sequence[str], rows: Sequence[Sequence[int]], calls: Sequence[str]
) -> None:
    called = net.text.fresh("CONFIG", "cfg", "SPEC")
    if net.rng.random() < 0.5:
        dicts = [f"dict({_worded(names, row)})" for row in rows]
        net.text.top += [f"{called} = [", *(f"    {each}," for each in dicts), "]", ""]
        net.init.append(f"self.{name} = nn.Sequential()")
        net.init.append(f"for i, c in enumerate({called}):")
        net.init += [f"    {key} = c['{key}']" for key in names]
    else:
        columns = {key: [row[at] for row in rows] for at, key in enumerate(names)}
        net.text.top += [f"{called} = {columns!r}", ""]
        net.init.append(f"self.{name} = nn.Sequential()")
        net.init.append(f"for i in range(len({called}['{names[0]}'])):")
        net.init += [f"    {key} = {called}['{key}'][i]" for key in names]
    for at, call in enumerate(calls):
        net.init.append(f"    self.{name}.add_module(f'layer{{i}}_{at}', {call})")
    net.said(f"self.{name}({net.current})")


def _classed(
    net: ClassText, name: str, names: Sequence[str], rows: Sequence[Sequence[int]], calls: Sequence[str]
) -> None:
    called = net.text.fresh("ConvBlock", "ConvBNReLU", "BasicConv", "Stage")
    lines = [
        f"class {called}(nn.Module):",
        f"    def __init__(self, {', '.join(names)}, **kwargs):",
        f"        super({called}, self).__init__()",
    ]
    lines += [f"        self.m{at} = {call}" for at, call in enumerate(calls)]
    nested = "x"
    for at in range(len(calls)):
        nested = f"self.m{at}({nested})"
    net.text.top += [*lines, "    def forward(self, x):", f"        return {nested}", ""]
    made = [f"{called}({', '.join(map(str, row))})" for row in rows]
    net.init.append(f"self.{name} = nn.Sequential({', '.join(made)})")
    net.said(f"self.{name}({net.current})")
