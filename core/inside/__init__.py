"""What happens between the layers of a trained LeNet."""
