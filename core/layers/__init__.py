"""Single layers with every one of their numbers: convolution, pooling, activation, linear."""
