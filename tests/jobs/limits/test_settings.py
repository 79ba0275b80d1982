"""What the environment says about jobs: the limits it sets, and values that are refused."""

import pytest

from core.errors import InputError
from core.jobs.limits.settings import default_limits, require_environment, worker_memory


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


def test_a_workers_memory_is_a_share_of_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LENET_LAB_WORKER_MB", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 6)
    monkeypatch.setattr("core.jobs.limits.settings.machine_memory", lambda: 2048 + 8 * 2000)
    assert (worker_memory(hosted=True), worker_memory(hosted=False)) == (2000, 8000)
    monkeypatch.setattr("core.jobs.limits.settings.machine_memory", lambda: 1024)
    assert worker_memory(hosted=True) == 1200
    monkeypatch.setattr("core.jobs.limits.settings.machine_memory", lambda: None)
    assert worker_memory(hosted=True) is None
    monkeypatch.setenv("LENET_LAB_WORKER_MB", "777")
    assert worker_memory(hosted=True) == worker_memory(hosted=False) == 777


def test_the_environment_sets_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LENET_LAB_RUN_MINUTES", raising=False)
    assert default_limits(hosted=True).minutes == 120 and default_limits(hosted=False).minutes is None
    for value, minutes in (("0", None), ("30", 30)):
        monkeypatch.setenv("LENET_LAB_RUN_MINUTES", value)
        assert default_limits(hosted=True).minutes == default_limits(hosted=False).minutes == minutes
