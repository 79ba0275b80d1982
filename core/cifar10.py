"""CIFAR-10 in numbers: its classes, the bytes of an image, its mean and standard deviation. Imports no torch."""

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
ROW = 3 * 32 * 32  # bytes of an image in a file: 1024 red, 1024 green, 1024 blue values
# Mean and standard deviation of the 50,000 training images by channel, on a scale of 0 to 1, over all pixels.
MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)
