"""The source tutorial's own training, rebuilt as it is written: the slow side of tests.benchmarks.training.

Left out: reading the files (both sides get the same tensors) and the progress bar.
"""

import torch
from PIL import Image
from torch import Tensor, nn, optim
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms


class LeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        out = self.pool(self.relu(self.conv1(x)))
        out = self.pool(self.relu(self.conv2(out)))
        out = out.view(-1, 16 * 5 * 5)
        out = self.relu(self.fc1(out))
        out = self.relu(self.fc2(out))
        return self.fc3(out)


class CIFAR10Dataset(Dataset):
    """One uint8 tensor and a list of labels; an item becomes a PIL image, which `transform` then converts."""

    def __init__(self, data: Tensor, labels: list[int], transform: transforms.Compose) -> None:
        self.data = data  # [N, 3, 32, 32]
        self.labels = labels
        self.transform = transform

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, idx: int) -> tuple[Tensor, int]:
        image = self.data[idx]
        label = self.labels[idx]
        image = Image.fromarray(image.numpy().transpose((1, 2, 0)))
        return self.transform(image), label


class Tutorial:
    """Model, loader, loss and optimizer as the notebook sets them up; `epoch` is its training loop."""

    def __init__(self, images: Tensor, labels: Tensor, seed: int, batch_size: int = 16) -> None:
        torch.manual_seed(seed)  # decides the weights and every epoch's order
        transform = transforms.Compose(
            [transforms.ToTensor(), transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))]
        )
        trainset = CIFAR10Dataset(images, labels.tolist(), transform)
        self.trainloader = DataLoader(trainset, batch_size=batch_size, shuffle=True, num_workers=4)
        self.device = torch.device("cpu")
        self.model = LeNet().to(self.device)
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.001, momentum=0.9)

    def epoch(self) -> tuple[float, float]:
        """Train for one epoch; its mean loss and accuracy."""
        self.model.train()
        running_loss, correct, total = 0.0, 0, 0
        for images, labels in self.trainloader:
            images, labels = images.to(self.device), labels.to(self.device)
            self.optimizer.zero_grad()
            outputs = self.model(images)
            loss = self.criterion(outputs, labels)
            loss.backward()
            self.optimizer.step()
            running_loss += loss.item()
            _, predicted = torch.max(outputs, 1)
            total += labels.size(0)
            correct += (predicted == labels).sum().item()
        return running_loss / len(self.trainloader), correct / total
