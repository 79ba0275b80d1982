"""pages.shared.progress: the share that a bar shows, whatever a job has said so far."""

import pytest

from pages.shared.progress import share_of


@pytest.mark.parametrize(
    ("event", "share"),
    [
        (None, 0.0),
        ({"done": 0, "total": 0}, 0.0),  # a download whose size isn't known
        ({"done": 3, "total": 4}, 0.75),
        ({"done": 5, "total": 4}, 1.0),  # an estimate that was too small
    ],
)
def test_the_share_lies_between_0_and_1(event: dict[str, int] | None, share: float) -> None:
    assert share_of(event) == share
