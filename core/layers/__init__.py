"""One layer at a time with every number of it: convolution, pooling, activation, linear."""
