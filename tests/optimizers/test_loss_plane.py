"""core.optimizers.loss_plane: the network's own loss in the middle of the plane, its weights untouched."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from core.dataset import splits
from core.dataset.splits import SPLIT_SEED
from core.errors import InputError
from core.files.locations import FOLDER
from core.jobs import JobSpec
from core.jobs.entries import ENTRIES, checked
from core.normalise import normalise
from core.optimizers import loss_plane
from core.optimizers.loss_plane import Plane, flat, losses, pca_plane, random_plane, window
from core.training import checkpoints


def run(work):  # type: ignore[no-untyped-def]
    reports = []
    try:
        while True:
            reports.append(next(work))
    except StopIteration as stop:
        return reports, stop.value


def test_the_middle_is_the_networks_own_loss_and_a_corner_is_the_moved_networks(small_sketches: Path) -> None:
    weights = checkpoints.shipped_model("sketches")
    before = {name: value.clone() for name, value in weights.state_dict.items()}
    images = splits(small_sketches / FOLDER, SPLIT_SEED).validation
    plane = random_plane(weights.state_dict, 0)
    reports, found = run(
        losses(plane, images, mean=weights.mean, std=weights.std, frame=window(plane), size=3)
    )
    assert [report.done for report in reports] == [1, 2, 3] and found.shape == (3, 3)
    x = normalise(images.images, weights.mean, weights.std)
    model = weights.network()
    with torch.no_grad():
        assert float(found[1, 1]) == pytest.approx(float(F.cross_entropy(model(x), images.labels)), rel=1e-5)
        torch.nn.utils.vector_to_parameters(
            plane.centre + plane.directions[0] - plane.directions[1], model.parameters()
        )
        assert float(found[0, 2]) == pytest.approx(
            float(F.cross_entropy(model(x), images.labels)), rel=1e-4
        )  # a = 1, b = -1
    assert all(torch.equal(weights.state_dict[name], value) for name, value in before.items())
    assert found[1, 1] == found.min()


def test_random_directions_are_normalised_filter_by_filter() -> None:
    weights = checkpoints.shipped_model("sketches").state_dict
    plane = random_plane(weights, 3)
    parts = loss_plane.unflat(plane.directions[0], {name: value.shape for name, value in weights.items()})
    for name, value in weights.items():
        if value.ndim < 2:
            assert not parts[name].any()
        else:
            assert torch.allclose(parts[name].flatten(1).norm(dim=1), value.flatten(1).norm(dim=1), rtol=1e-5)
    assert torch.equal(plane.directions, random_plane(weights, 3).directions)
    assert not torch.equal(plane.directions, random_plane(weights, 4).directions)
    assert torch.equal(plane.centre, flat(weights))


def test_projection() -> None:
    plane = Plane(
        torch.tensor([1.0, 0, 0, 0]), torch.tensor([[1.0, 1, 0, 0], [0, 2.0, 0, 0]])
    )  # neither orthogonal nor of length 1
    points, captured = plane.project(torch.tensor([[2.0, 3, 0, 0], [1, 0, 5, 0], [2, 0, 1, 0]]))
    assert points.tolist() == [pytest.approx([1, 1]), pytest.approx([0, 0]), pytest.approx([1, -0.5])]
    assert captured.tolist() == pytest.approx([1, 0, 0.5])


def test_the_plane_of_checkpoints_holds_what_a_plane_can() -> None:
    generator = torch.Generator().manual_seed(0)
    basis = torch.randn(2, 50, generator=generator)
    path = [a * basis[0] + a * a * basis[1] + 3 for a in torch.linspace(0, 1, 6)]
    plane = pca_plane(path)
    points, captured = plane.project(torch.stack(path))
    assert captured[:-1].tolist() == pytest.approx([1] * 5, abs=1e-4) and points[-1].tolist() == [0, 0]
    left, right, bottom, top = window(plane, points)
    assert (
        left < points[:, 0].min()
        and right > points[:, 0].max()
        and bottom < points[:, 1].min()
        and top > points[:, 1].max()
    )
    with pytest.raises(InputError):
        pca_plane(path[:2])


@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        *(("ranking", {"surface": name}) for name in (None, 5, "../x", "", "x" * 100)),
        ("ranking", {}),
        ("ranking", {"surface": "saddle", "more": 1}),
        *(
            ("slice", {"root_dir": "/x", "seed": seed, "run": "", "digest": ""})
            for seed in (-1, 1.5, True, "0", None, 2**31)
        ),
        *(
            ("slice", {"root_dir": "/x", "seed": 0, "run": run, "digest": ""})
            for run in ("../..", "a/b", ".", 3, "x" * 100)
        ),
        ("slice", {"root_dir": "", "seed": 0, "run": "", "digest": ""}),
    ],
)
def test_the_jobs_take_only_what_they_should(entry: str, wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        checked(JobSpec(entry, wrong, "server-x"), ENTRIES)


def test_what_is_not_finite_is_as_high_as_the_highest() -> None:
    assert loss_plane.grid([[1.0, None], [3.0, 2.0]]).tolist() == [[1.0, 3.0], [3.0, 2.0]]
    assert loss_plane.grid([[None, None]]).tolist() == [[0.0, 0.0]]
