"""The colours of the app, one for each thing on every page. All are from Okabe & Ito's colour-blind safe set."""

TRAIN = "#0072b2"
VALIDATION = "#d55e00"
TEST = "#009e73"
LEARNING_RATE = "#8c8c8c"
RUNS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f6a00", "#6f6f6f")
CRITERIA = {"cross_entropy": "#0072b2", "second_softmax": "#d55e00", "mse_softmax": "#cc79a7", "mse_logits": "#009e73"}
