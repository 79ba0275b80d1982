"""Names of torch that a pasted network may use, as data; tests hold them against torch's own signatures."""

from collections.abc import Mapping

# Functions that are a layer: its kind, and their arguments behind the input, in PyTorch's order.
FUNCTIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "relu": ("ReLU", ("inplace",)),
    "relu6": ("ReLU6", ("inplace",)),
    "leaky_relu": ("LeakyReLU", ("negative_slope", "inplace")),
    "elu": ("ELU", ("alpha", "inplace")),
    "selu": ("SELU", ("inplace",)),
    "celu": ("CELU", ("alpha", "inplace")),
    "gelu": ("GELU", ("approximate",)),
    "silu": ("SiLU", ("inplace",)),
    "mish": ("Mish", ("inplace",)),
    "hardswish": ("Hardswish", ("inplace",)),
    "hardsigmoid": ("Hardsigmoid", ("inplace",)),
    "hardtanh": ("Hardtanh", ("min_val", "max_val", "inplace")),
    "softplus": ("Softplus", ("beta", "threshold")),
    "softsign": ("Softsign", ()),
    "logsigmoid": ("LogSigmoid", ()),
    "sigmoid": ("Sigmoid", ()),
    "tanh": ("Tanh", ()),
    "softmax": ("Softmax", ("dim", "_stacklevel", "dtype")),
    "log_softmax": ("LogSoftmax", ("dim", "_stacklevel", "dtype")),
    "dropout": ("Dropout", ("p", "training", "inplace")),
    "dropout2d": ("Dropout2d", ("p", "training", "inplace")),
    "max_pool2d": (
        "MaxPool2d",
        ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices"),
    ),
    "avg_pool2d": (
        "AvgPool2d",
        ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override"),
    ),
    "adaptive_avg_pool2d": ("AdaptiveAvgPool2d", ("output_size",)),
    "adaptive_max_pool2d": ("AdaptiveMaxPool2d", ("output_size", "return_indices")),
    "flatten": ("Flatten", ("start_dim", "end_dim")),
    "interpolate": (
        "Upsample",
        ("size", "scale_factor", "mode", "align_corners", "recompute_scale_factor", "antialias"),
    ),
    "upsample": ("Upsample", ("size", "scale_factor", "mode", "align_corners")),
    "pixel_shuffle": ("PixelShuffle", ("upscale_factor",)),
}
# Defaults in which a function differs from the layer of its kind.
FUNCTION_DEFAULTS: Mapping[str, Mapping[str, object]] = {"flatten": {"start_dim": 0}}
# Arguments of a function or layer that change neither size nor parameters.
IGNORED = frozenset(("device", "dtype", "training", "_stacklevel", "recompute_scale_factor", "antialias"))

# Layers that PyTorch completes when the first batch arrives: the kind, and the argument it fills in.
LAZY: Mapping[str, tuple[str, str]] = {
    "LazyConv2d": ("Conv2d", "in_channels"),
    "LazyConvTranspose2d": ("ConvTranspose2d", "in_channels"),
    "LazyLinear": ("Linear", "in_features"),
    "LazyBatchNorm1d": ("BatchNorm1d", "num_features"),
    "LazyBatchNorm2d": ("BatchNorm2d", "num_features"),
    "LazyInstanceNorm2d": ("InstanceNorm2d", "num_features"),
}
CONTAINERS = frozenset(("Sequential", "ModuleList", "ModuleDict"))
# Functions of a module that give the module back, called on it or with it.
SAME_MODULE = frozenset(
    "to cuda cpu xpu mps eval train float double half bfloat16 type apply requires_grad_ share_memory "
    "compile deepcopy copy DataParallel DistributedDataParallel script weight_norm spectral_norm "
    "to_empty register_module init_weights prepare".split()
)
# Functions of a tensor that leave shape and numbers alone.
SAME_TENSOR = frozenset(
    "contiguous to float double half bfloat16 cuda cpu clone detach requires_grad_ type type_as long "
    "int alias checkpoint_name retain_grad pin_memory refine_names tensor as_tensor".split()
)
# Functions of one tensor that work number by number.
ELEMENTWISE = frozenset(
    "abs exp log log2 log10 log1p sqrt rsqrt square sin cos pow neg negative clamp clip clamp_min "
    "clamp_max erf sign round floor ceil reciprocal normalize mul add sub div true_divide multiply "
    "subtract divide masked_fill where maximum minimum threshold rrelu alpha_dropout "
    "feature_alpha_dropout nan_to_num lerp softmin layer_norm instance_norm group_norm "
    "local_response_norm hardshrink softshrink tanhshrink bernoulli fliplr flipud flip roll cumsum "
    "dropout1d dropout3d".split()
)
# Reductions over given dimensions.
REDUCTIONS = frozenset("mean sum amax amin var std prod norm logsumexp".split())
# What makes a tensor from a shape.
MAKERS = frozenset("randn rand zeros ones empty randint full normal".split())
# Modules that judge the answer and make no layer.
LOSS_ENDING = "Loss"
# A module that torchvision has, and that the calculator's own lists call by its bare name.
BLOCK = "BasicBlock"
# Its arguments in torchvision's order, and those behind `downsample` as they usually are.
BLOCK_ARGUMENTS = (
    *("inplanes", "planes", "stride", "downsample"),
    *("groups", "base_width", "dilation", "norm_layer"),
)
BLOCK_USUAL: Mapping[str, object] = {"groups": 1, "base_width": 64, "dilation": 1, "norm_layer": None}
# What a text calls torch's packages where it doesn't import them.
USUAL: Mapping[str, str] = {
    "torch": "torch",
    "nn": "torch.nn",
    "F": "torch.nn.functional",
    "functional": "torch.nn.functional",
    "Module": "torch.nn.Module",
    "Parameter": "torch.nn.Parameter",
    "OrderedDict": "collections.OrderedDict",
    "collections": "collections",
    "math": "math",
    "argparse": "argparse",
    "cast": "typing.cast",
    "np": "numpy",
    "optim": "torch.optim",
    "torchvision": "torchvision",
    "models": "torchvision.models",
    "copy": "copy",
    BLOCK: BLOCK,
    **{name: f"torch.nn.{name}" for name in (*CONTAINERS, *LAZY)},
}
# Arguments of a class that a text often leaves to its caller, and what they are for CIFAR-10.
GUESSES: Mapping[str, int] = {
    **dict.fromkeys(
        "num_classes n_classes classes nclass nb_classes num_class class_num num_labels output_dim "
        "out_dim output_size out_features n_outputs num_outputs".split(),
        10,
    ),
    **dict.fromkeys(
        "in_channels input_channels channels in_channel num_channels n_channels in_ch in_chans "
        "img_channels image_channels channels_img input_channel nc".split(),
        3,
    ),
}
