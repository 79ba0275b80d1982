"""Texts damaged at random, by hands and by malice: the reader answers each with layers and sentences."""

from collections.abc import Callable, Sequence
from random import Random

from tests.support.learners.text import case

# Lines that ask for more than there is: time, memory, depth, or an execution.
HOSTILE = [
    "while True: x = nn.ReLU()",
    "while True: pass",
    "for i in range(10**9): layers.append(nn.ReLU())",
    "for i in range(10**5):\n    for j in range(10**5):\n        k = i * j",
    "x = [x for _ in range(10**6)]",
    "a = []\na.append(a)\na += a\nnn.Sequential(*a)",
    "d = {}\nd['d'] = d\nnn.Sequential(d)",
    "s = 'a'\nfor i in range(1000): s = s + s",
    "s = 'a' * 10**9",
    "n = 9**9**9",
    "n = 1\nfor i in range(10**4): n = n * n + 7",
    "t = (1,)\nfor i in range(60): t = t + t",
    "t = (1,)\nfor i in range(60): t = (t, t)\nnn.Sequential(*t)\nnn.ReLU(t)",
    "l = [nn.ReLU()]\nfor i in range(60): l.extend(l)",
    "l = [1]\nfor x in l: l.append(x)",
    "def f(x): return f(x)\nf(1)",
    "def f(n): return f(n - 1) + f(n - 1)\nf(60)",
    "f = lambda g: g(g)\nf(f)",
    "class A(A): pass",
    "class A(B): pass\nclass B(A): pass\nclass A(B): pass\nA()",
    "class A(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.a = A()\nA()",
    "class A(nn.Module):\n    def forward(self, x): return self.forward(x)\nnet = A()",
    "class A(nn.Module):\n    def forward(self, x): return self(x)\nnet = A()",
    "m = nn.Sequential()\nm.append(m)\nm.extend(m)",
    "m = nn.ModuleList()\nm.m = m\nnet = nn.Sequential(m, m)",
    "del nn\nnn.ReLU()",
    "del self, x, F, torch",
    "nn = 3\nF = nn\ntorch = None",
    "nn.Linear = nn.Conv2d",
    "nn.Sequential(" * 300 + ")" * 300,
    "x = " + "(" * 400 + "1" + ")" * 400,
    "x = " + "[" * 90 + "]" * 90,
    "nn.Linear(" + "1+" * 3000 + "1, 2)",
    "x = " + "not " * 3000 + "1",
    "x" + ".a" * 3000,
    "x = '" + "a" * 30_000 + "'",
    "nn.Conv2d(10**15, 10**15, 10**15)",
    "nn.Conv2d(1, 1, -1, 0, -5)",
    "nn.Linear(1e400, float('nan'))",
    "nn.Linear(int('9' * 5000), 1)",
    "nn.Linear(int('1_0'), 1)",
    "x = f'{1:>1000000000}'",
    "x = '%1000000000d' % 1",
    "x = '{:>1000000000}'.format(1)",
    "x = ' '.join(['a' * 999] * 9999)",
    "x = '{0}' * 999\nx = x.format('a' * 999)",
    "x = [[0] * 9999] * 9999",
    "x = sorted([nn.ReLU(), nn.ReLU()])",
    "x = sum([[1]] * 9999, [])",
    "x = list(zip(*[range(9999)] * 9999))",
    "x = dict(zip(range(99999), range(99999)))",
    "x = max(nn.ReLU(), key=lambda v: v)",
    "x = pow(10, 10**9)",
    "x = 1 << 10**9",
    "x = range(-10**18, 10**18)[10**17]",
    "x = 'a'[::-1][10**99]",
    "x = round(1.5, 10**9)",
    "x = math.factorial(10**9)",
    "x = math.prod(range(10**9))",
    "import os; os.system('true')",
    "__import__('os').system('true')",
    "eval('1'); exec('1'); open('/etc/hostname')",
    "().__class__.__bases__[0].__subclasses__()",
    "getattr(nn, '__builtins__')",
    "setattr(nn, 'Linear', None)",
    "self.__class__ = None",
    "self.self = self\nself.self.self.self.a = nn.ReLU()",
    "x = torch.randn(10**6, 10**6, 10**6)",
    "x = torch.zeros(0, -1).view(-1, 0).view(0, -1)",
    "x = x.view()",
    "x = x.view(-1, -1).reshape(0).flatten(9).permute(1).mean([7]).squeeze(9)",
    "x = x.chunk(0, 9)\nx = x.split(0)\nx = torch.cat([], 5)",
    "x = F.interpolate(x, scale_factor=10**9)",
    "x = F.pad(x, (10**12,) * 4)",
    "match x:\n    case [1, *r]: pass",
    "try:\n    raise x\nexcept* E:\n    pass",
    "async def f():\n    await f()",
    "type X = int",
    "@property\n@property\ndef f(self): return self.f",
    "global x; nonlocal y; yield x",
    "return nn.ReLU()",
    "break\ncontinue",
    "\0",
    "\ud800",
    "\u202e\u2066nn.ReLU()",
    "𝓷𝓷.𝓡𝓮𝓛𝓤()",
    "x = '\\N{BULLET}\\x'",
    "nn.ReLU(**{1: 2}, *3, **None)",
    "def f(*a, b=f(), **c): return f(*a, **c)\nf(*f)",
    "lambda: (yield)",
    "x: nn.ReLU() = (y := nn.ReLU()) = 3",
    "class C:\n    def __init__(self, /, *, a): self.a = a\nC().a.b.c()",
    "[x := x for x in range(99)]",
    "nn.Sequential(*nn.Sequential(*nn.Sequential(*[1, 'a', None, 2.5, [], {}, ()])))",
    "nn.ModuleDict({1: 2, None: nn.ReLU(), (): ()})",
    "x = {**{}, **x, 'a': [*x, *[]]}",
    "x[x[x]][::0]",
    "x = [1, 2][5] + {}['a'] + ()[0]",
]
SIGNS = "()[]{}:,.=+-*/%@#'\"\\ \n\t0123456789_xnF\0\ufeff（），：é"
TOKENS = (
    "nn. self. F. x ( ) , = lambda: return for in range( class def __init__ super(). None -1 10**9 * ** [ ]"
)
WORDS = TOKENS.split(" ")


def mutated(seed: int) -> str:
    """The text of this seed: a network's or a hostile one, damaged up to eight times."""
    rng = Random(seed)
    text = rng.choice(HOSTILE) if rng.random() < 0.15 else case(rng.randrange(400)).text
    for _ in range(rng.choice([1, 1, 2, 3, 5, 8])):
        text = rng.choice(WAYS)(rng, text)
    return text[:40_000]


def _cut(rng: Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] if rng.random() < 0.5 else text[at:]


def _sign(rng: Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice(["", rng.choice(SIGNS)]) + text[at + rng.randint(0, 2) :]


def _word(rng: Random, text: str) -> str:
    parts = text.split(" ")
    parts[rng.randrange(len(parts))] = rng.choice(WORDS)
    return " ".join(parts)


def _lines(change: Callable[[Random, list[str], int], Sequence[str]]) -> Callable[[Random, str], str]:
    """A mutation of one line among all."""

    def changed(rng: Random, text: str) -> str:
        lines = text.split("\n")
        at = rng.randrange(len(lines))
        return "\n".join([*lines[:at], *change(rng, lines, at), *lines[at + 1 :]])

    return changed


def _hostile(rng: Random, lines: list[str], at: int) -> list[str]:
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    return [lines[at], *(indent + line for line in rng.choice(HOSTILE).split("\n"))]


def _number(rng: Random, lines: list[str], at: int) -> list[str]:
    numbers = [place for place, sign in enumerate(lines[at]) if sign.isdigit()]
    if not numbers:
        return [lines[at]]
    place = rng.choice(numbers)
    made = rng.choice(
        ["0", "-1", "10**9", "99999999999", "None", "1.5", "'a'", "True", "x", "(1, 2)", "[]", "3"]
    )
    return [lines[at][:place] + made + lines[at][place + 1 :]]


def _swapped(rng: Random, text: str) -> str:
    lines = text.split("\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)


def _doubled(rng: Random, text: str) -> str:
    return (text + "\n") * rng.choice([2, 3, 20])


def _spliced(rng: Random, text: str) -> str:
    other = case(rng.randrange(400)).text
    return text[: rng.randrange(len(text) + 1)] + other[rng.randrange(len(other)) :]


WAYS: Sequence[Callable[[Random, str], str]] = [
    _cut,
    _sign,
    _sign,
    _word,
    _word,
    _swapped,
    _doubled,
    _spliced,
    _lines(lambda rng, lines, at: []),
    _lines(lambda rng, lines, at: [lines[at]] * rng.choice([2, 2, 50])),
    _lines(lambda rng, lines, at: [" " * rng.randint(0, 9) + lines[at].strip()]),
    _lines(lambda rng, lines, at: [lines[at].replace("self.", "", 1)]),
    _lines(_hostile),
    _lines(_hostile),
    _lines(_number),
    _lines(_number),
]
