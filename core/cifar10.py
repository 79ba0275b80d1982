"""CIFAR-10's constants: classes, bytes per image, mean and standard deviation. Imports no torch."""

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
ROW = 3 * 32 * 32  # bytes per image in a file: 1024 red, 1024 green, 1024 blue values
# Per-channel mean and standard deviation over all pixels of the 50,000 training images, on a scale of 0 to 1.
MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)
# The app's own cut of the training files: the same for every run, so that scores can be compared.
SPLIT_SEED = 0
