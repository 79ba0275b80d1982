"""Where a checkpoint keeps the weights: dicts of tensors under any keys, their names behind any wrapper."""

from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from core.files.pickles.tensors import Announced

Shapes = Mapping[str, tuple[int, ...]]
MOST_DICTS = 4_000  # with tensors in them, from the outside in; Adam has one for each parameter
DEEPEST = 8
MOST_OFFERED = 8
LONGEST = 300  # characters of a name that may end like one of the network's
# Put around a network, or around single layers of it, by DataParallel and DistributedDataParallel,
# torch.compile, FSDP, DeepSpeed and activation checkpointing.
WRAPPERS = ("module", "_orig_mod", "_fsdp_wrapped_module", "_forward_module", "_checkpoint_wrapped_module")
# Keys under which checkpoints keep the weights, the likeliest first.
_KEYS = ("state_dict", "model_state_dict", "model", "net", "network", "weights", "params", "state")
_LISTS = (list, tuple)
_OPTIMIZER = ("step", "momentum_buffer")  # one of these is kept for each parameter
_OTHERS = ("optim", "momentum", "grad")  # parts of keys whose tensors only look like weights


@dataclass(frozen=True)
class TensorInfo:
    """A tensor as its file announces it, not yet read; `dtype` is torch's name, such as "float32"."""

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Candidate:
    """A state_dict in a file, as a network might take it.

    `place` holds the keys to it, () where the file is the state_dict; `prefix` is what stands before the
    network's own names. `found` are its tensors as the file has them, `names` the same without the prefix,
    empty for those that aren't behind it.
    """

    place: tuple[str, ...]
    prefix: str
    found: tuple[TensorInfo, ...]
    names: tuple[str, ...]
    views: Mapping[str, Announced] = field(repr=False)

    @property
    def tensors(self) -> tuple[TensorInfo, ...]:
        """The tensors under the network's own names."""
        pairs = zip(self.names, self.found, strict=True)
        return tuple(TensorInfo(name, info.shape, info.dtype) for name, info in pairs if name)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Names of the tensors that aren't behind the prefix."""
        return tuple(info.name for name, info in zip(self.names, self.found, strict=True) if not name)

    def view(self, name: str) -> Announced:
        """The tensor that the network calls `name`."""
        return self.views[self.found[self.names.index(name)].name]


def candidates(root: object, shapes: Shapes) -> tuple[Candidate, ...]:
    """The state_dicts in what a file holds that come closest to a network's `shapes`, the best one first."""
    found = sorted(_all(root, shapes), key=lambda candidate: _rank(candidate, shapes))
    closest = max((_likeness(candidate, shapes) for candidate in found), default=(0, 0))
    offered = (candidate for candidate in found if _is_close(_likeness(candidate, shapes), closest))
    return tuple(islice(offered, MOST_OFFERED))


def bare(root: object) -> Mapping[str, Announced] | None:
    """The state_dict that `root` itself is: names and tensors and nothing else; None where it isn't one."""
    if not isinstance(root, dict):
        return None
    views = _tensors(root)
    return views if len(views) == len(root) else None


def _all(root: object, shapes: Shapes) -> Iterator[Candidate]:
    own = {part for name in shapes for part in name.split(".")}
    wrappers = [part for part in WRAPPERS if part not in own]
    for place, views in _dicts(root):
        found = tuple(TensorInfo(name, view.shape, view.dtype) for name, view in views.items())
        for prefix, names in _readings(tuple(views), shapes, wrappers):
            yield Candidate(place, prefix, found, names, views)


def _dicts(root: object) -> Iterator[tuple[tuple[str, ...], Mapping[str, Announced]]]:
    """Each dict that names tensors, once, with the keys to it, from the outside in."""
    queue: deque[tuple[tuple[str, ...], object]] = deque([((), root)])
    seen: set[int] = set()  # an object may hold itself
    dicts = 0
    while queue and dicts < MOST_DICTS:
        place, value = queue.popleft()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict) and (views := _tensors(value)) and not _is_of_optimizer(views.keys()):
            dicts += 1
            yield place, views
        if len(place) < DEEPEST:
            queue.extend(((*place, key), inner) for key, inner in _inside(value))


def _tensors(values: Mapping[object, object]) -> Mapping[str, Announced]:
    return {
        name: view for name, view in values.items() if isinstance(name, str) and isinstance(view, Announced)
    }


def _is_of_optimizer(names: Collection[str]) -> bool:
    """Whether these are the tensors that an optimizer keeps for one parameter."""
    return any(name in names for name in _OPTIMIZER) and not any("." in name for name in names)


def _inside(value: object) -> Iterator[tuple[str, object]]:
    """The dicts and lists in a dict or list, with their keys as a path shows them."""
    pairs = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, _LISTS) else ()
    )
    for key, inner in pairs:
        if isinstance(inner, (dict, *_LISTS)):
            yield key[:60] if isinstance(key, str) else f"[{key}]" if isinstance(key, int) else "…", inner


def _readings(
    names: tuple[str, ...], shapes: Shapes, wrappers: Collection[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each prefix with names of the network behind it, and all names without it; "" where there is none.

    Wrappers within names are taken off too where that makes more of them the network's.
    """
    unwrapped = tuple(_without(name, wrappers) for name in names)
    plain, inner = _prefixes(names, shapes), _prefixes(unwrapped, shapes)
    within = max(inner.values(), default=0) > max(plain.values(), default=0)
    if within and len(set(unwrapped)) == len(names):
        used = {part for name in names for part in name.split(".")}
        taken_off = "".join(f"{part}." for part in wrappers if part in used)
        for prefix in inner:
            yield taken_off + prefix, _behind(prefix, unwrapped, inner)
    else:
        for prefix in plain or ("",):
            yield prefix, _behind(prefix, names, plain)


def _prefixes(names: Iterable[str], shapes: Shapes) -> Mapping[str, int]:
    """What stands before names of the network, the longest that fits; the commonest, and how often."""
    depths = sorted({name.count(".") + 1 for name in shapes}, reverse=True)
    found: Counter[str] = Counter()
    for name in names:
        ends = (".".join(name.rsplit(".", depth)[-depth:]) for depth in depths if len(name) <= LONGEST)
        if own := next((end for end in ends if end in shapes), ""):
            found[name.removesuffix(own)] += 1
    return dict(found.most_common(MOST_OFFERED))  # each costs a walk over all names


def _behind(prefix: str, names: Iterable[str], prefixes: Mapping[str, int]) -> tuple[str, ...]:
    """The names without the prefix; empty for one that hasn't it, or lies behind a longer one that counts."""
    longer = tuple(
        other
        for other, count in prefixes.items()
        if other.startswith(prefix) and other != prefix and 2 * count >= prefixes[prefix]
    )
    return tuple(
        name[len(prefix) :] if name.startswith(prefix) and not name.startswith(longer) else ""
        for name in names
    )


def _without(name: str, wrappers: Collection[str]) -> str:
    if len(name) > LONGEST:
        return name
    return ".".join(part for part in name.split(".") if part not in wrappers)


def _likeness(candidate: Candidate, shapes: Shapes) -> tuple[int, int]:
    """How many names are the network's, and how many there are."""
    return len(shapes.keys() & set(candidate.names)), len(candidate.found)


def _is_close(likeness: tuple[int, int], closest: tuple[int, int]) -> bool:
    """Whether a candidate has half of what the best one has: the network's names, or tensors at all."""
    which = 0 if closest[0] else 1
    return 2 * likeness[which] >= closest[which] > 0


def _rank(candidate: Candidate, shapes: Shapes) -> tuple[bool, int, bool, int, int, int]:
    """The smaller, the likelier that a learner means this one; equal ones stay in the file's order."""
    expected = {(name, shape, "float32") for name, shape in shapes.items()}
    fits = {(info.name, info.shape, info.dtype) for info in candidate.tensors} == expected
    hits, count = _likeness(candidate, shapes)
    *_, key = ("", *candidate.place)
    others = any(part in step.lower() for step in candidate.place for part in _OTHERS)
    common = (_KEYS.index(key) if key in _KEYS else len(_KEYS)) if candidate.place else -1
    return not fits, -hits, others, common, len(candidate.place) + candidate.prefix.count("."), -count
