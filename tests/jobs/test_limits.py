"""What the environment says about jobs: the limits it sets, and values that are refused."""

import pytest

from core.errors import InputError
from core.jobs.limits import require_environment


@pytest.mark.parametrize(
    ("variable", "value", "range_"),
    [
        ("LENET_LAB_WORKER_MB", "plenty", "from 500 to 10,000,000"),
        ("LENET_LAB_WORKER_MB", "2 GB", "from 500 to 10,000,000"),
        ("LENET_LAB_WORKER_MB", "100", "from 500 to 10,000,000"),
        ("LENET_LAB_RUN_MINUTES", "-5", "from 0 to 1,000,000"),
        ("LENET_LAB_RUN_MINUTES", "nan", "from 0 to 1,000,000"),
        ("LENET_LAB_RUNS_GB", "50GB", "from 0 to 1,000,000"),
        ("LENET_LAB_RUNS_GB", "inf", "from 0 to 1,000,000"),
        ("LENET_LAB_SPARES", "two", "0, 1"),
    ],
)
def test_a_wrong_value_is_named_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, range_: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InputError) as caught:
        require_environment()
    for language in ("en", "zh"):
        assert variable in caught.value.sentence(language) and value in caught.value.sentence(language)
    assert range_ in str(caught.value)


@pytest.mark.parametrize("value", ["", "0", "1"])
def test_what_is_right_passes(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    for variable in ("LENET_LAB_RUN_MINUTES", "LENET_LAB_RUNS_GB", "LENET_LAB_SPARES"):
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("LENET_LAB_WORKER_MB", "1200")
    require_environment()
