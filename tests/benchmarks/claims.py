"""The accuracies that Explore CIFAR-10 and Data pipeline quote for the data set they show.

    python -m tests.benchmarks.claims DATA [--epochs 10]

DATA is the folder of a data set. Every validation image is given the class of its nearest training image.
LeNet is trained by the tutorial's recipe on images sorted by class, and on the same in one fixed random
order, each with three seeds; 10 epochs of the sketches are as many steps as 2 of CIFAR-10. Takes two minutes
on the sketches, a quarter of an hour on CIFAR-10.
"""

import argparse
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from core.dataset import ImageSet, splits
from core.dataset.neighbours import nearest
from core.dataset.splits import SPLIT_SEED
from core.evaluation import evaluate
from core.files import locations
from core.lenet import LeNet
from core.normalise import normalise
from core.training.config import RECIPES
from tests.benchmarks.report import Row, facts, table

SEEDS = (0, 1, 2)
CONFIG = RECIPES["tutorial"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--epochs", type=int, default=10)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    data = splits(locations.batches_folder(arguments.data), SPLIT_SEED)
    facts(threads=1, epochs=arguments.epochs)
    rows = [
        Row("class of the nearest training image", f"{100 * by_neighbour(data.train, data.validation):.1f}%")
    ]
    for seed in SEEDS:
        random = torch.randperm(len(data.train), generator=torch.Generator().manual_seed(seed))
        for name, order in (("sorted", data.train.labels.argsort(stable=True)), ("random order", random)):
            model = trained(data.train, order, arguments.epochs, seed)
            rows.append(Row(f"seed {seed}, {name}", outcome(model, data.validation)))
    table(f"Accuracy on {len(data.validation):,} validation images", rows)


def by_neighbour(train: ImageSet, images: ImageSet) -> float:
    """Accuracy of predicting the class of the nearest training image."""
    found = [int(nearest(image, train.images, 1).indices[0]) for image in images.images]
    return float((train.labels[found] == images.labels).double().mean())


def trained(train: ImageSet, order: Tensor, epochs: int, seed: int) -> LeNet:
    """LeNet after epochs that all take the images in this order."""
    torch.manual_seed(seed)
    model = LeNet()
    optimizer = torch.optim.SGD(model.parameters(), lr=CONFIG.lr, momentum=0.9)
    for _ in range(epochs):
        for batch in order.split(CONFIG.batch_size):
            optimizer.zero_grad()
            logits = model(normalise(train.images[batch], CONFIG.mean, CONFIG.std))
            F.cross_entropy(logits, train.labels[batch]).backward()
            optimizer.step()
    return model.eval()


def outcome(model: LeNet, images: ImageSet) -> str:
    """The accuracy, and how many different classes were predicted."""
    found = evaluate(model, images.images, images.labels, mean=CONFIG.mean, std=CONFIG.std)
    classes = int((found.confusion.sum(0) > 0).sum())
    return f"{100 * found.accuracy:.1f}%, {classes} of 10 classes predicted"


if __name__ == "__main__":
    main()
