"""core.written.numbers: accepted and refused texts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.written.numbers import LONGEST, read, signed, written

BOUNDS = {"low": -100.0, "high": 100.0, "fewest": 1, "most": 10}


@pytest.mark.parametrize(
    "text",
    [
        "1, 2.5, -3",
        "1 2.5 -3",
        "1,2.5,-3,",
        " 1；2.5； −3 ",
        "1、2.5，-3",
        "tensor([ 1.0000,  2.5000, -3.0000])",
        "[1, 2.5,\n-3]",
        "tensor([[ 1.0,  2.5, -3.0]], device='cuda:0', grad_fn=<AddmmBackward0>)",
        "(1,2.5,-3)",
        "[np.float64(1.0), np.float64(2.5), np.int64(-3)]",
        "[np.float32(1.0),\n np.float32(2.5),\n np.float32(-3.0),]",
        "[tensor(1.), tensor(2.5000, grad_fn=<UnbindBackward0>), tensor(-3.)]",
        "[tensor([1.], device='cuda:0'), tensor([2.5, -3.], dtype=torch.float64, requires_grad=True)]",
        "tensor([1.0, 2.5, -3.0], device=device(type='cuda', index=0), size=(3,), dtype=torch.bfloat16)",
        "torch.tensor([[1, 2.5], [-3]]), dtype=torch.float32)",
        "Parameter containing:\ntensor([ 1.0000,  2.5000, -3.0000], requires_grad=True)",
        "array([ 1. ,  2.5, -3. ], dtype=float32)",
        "np.array([[1.0e+00, 2.5e+00, -3.0E0]], dtype='>f4')",
        "[[ 1.   2.5]\n [-3. ]]",
        "[[1. 2.5][-3.]]",
        "((1., 2.5), [-3,],)",
        "Out[3]: array([ 1. ,  2.5, -3. ])",
        "In [2]: x.tolist()\nOut[2]: [1.0, 2.5, -3.0]",
        ">>> [1.0, 2.5, -3.0]",
        "logits = [1.0, 2.5, -3.0]",
        "np.array([1.0, 2.5, -3.0]).astype(np.float32)",
        "torch.tensor([1.0, 2.5, -3.0]).to('cuda').requires_grad_()",
        "list((1, 2.5, Decimal('-3.0')))",
        "['1', \"2.5\", '-3']",
        "“1, 2.5, -3”",
        "logits: tensor([1.0, 2.5, -3.0])",
        "（１，２．５，－３）",
        "【1，2。5；−3】。",
        "1\u3000+2.5\u00a0–3\u200b",
    ],
)
def test_many_ways_to_write_three_numbers(text: str) -> None:
    assert read(text, **BOUNDS) == (1.0, 2.5, -3.0)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "number_list_count"),
        ("1," * 11, "number_list_count"),
        ("1, two", "number_list_word"),
        ("1, <script>", "number_list_word"),
        ("__import__('os')", "number_list_word"),
        ("nan", "number_list_range"),
        ("1, inf", "number_list_range"),
        ("tensor([nan, 1.])", "number_list_range"),
        ("[np.float64(-inf)]", "number_list_range"),
        ("[1, np.nan]", "number_list_range"),
        ("[1, -math.inf, float('inf')]", "number_list_range"),
        ("tensor([0., 0., 0.,  ..., 0., 0., 0.])", "number_list_shortened"),
        ("[0. 0. … 0.]", "number_list_shortened"),
        ("array([0., 0., ..., 0.], shape=(2000,))", "number_list_shortened"),
        ("a=1, b=2", "number_list_word"),
        ("5²", "number_list_word"),
        ("os.float(1)", "number_list_word"),
        ("__import__('os').system(1)(2)", "number_list_word"),
        ("1(2)3", "number_list_word"),
        ("torch.tensor([1, 2]).mul(3)", "number_list_word"),
        ("tensor([True])", "number_list_word"),
        ("-1e999", "number_list_range"),
        ("100.1", "number_list_range"),
        ("1" * (LONGEST + 1), "number_list_long"),
    ],
)
def test_the_rest_is_refused(text: str, key: str) -> None:
    with pytest.raises(InputError) as refused:
        read(text, **BOUNDS)
    assert refused.value.key == key
    assert str(refused.value)
    assert len(str(refused.value)) < 200


def test_whole_numbers() -> None:
    assert read("0, 2", low=0, high=2, fewest=2, most=2, whole=True) == (0, 2)
    with pytest.raises(InputError) as refused:
        read("0, 1.5", low=0, high=2, fewest=2, most=2, whole=True)
    assert refused.value.key == "number_list_whole"


@settings(derandomize=True, database=None, deadline=None)
@given(st.lists(st.floats(-100, 100), min_size=1, max_size=10))
def test_what_was_written_is_read_again(values: list[float]) -> None:
    assert read(written(values), **BOUNDS) == pytest.approx(values, rel=1e-3)
    assert read(written(read(written(values), **BOUNDS)), **BOUNDS) == read(written(values), **BOUNDS)


@settings(derandomize=True, database=None, deadline=None)
@given(st.text(max_size=LONGEST))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert all(-100 <= value <= 100 for value in read(text, **BOUNDS))
    except InputError as error:
        assert error.key.startswith("number_list_")


def test_signs() -> None:
    assert [signed(value, 2) for value in (1.234, -1.234, 0.0, -0.0, -0.001)] == [
        "+1.23",
        "−1.23",
        "0.00",
        "0.00",
        "0.00",
    ]
