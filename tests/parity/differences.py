"""Where we differ from PyTorch on purpose: by name, what differs (the beginning of the fault's text) and why.

A fault that is not here fails ``test_signatures.py``; an entry that no fault needs any more fails it, too.
"""

from __future__ import annotations

_BY_TYPE = "one signature takes the forms that PyTorch's overloads take: what the second argument is, its type says"
_WHOLE = "the name that PyTorch's documentation gives to the argument; its parser has another"
_ENUM = "PyTorch's is the internal function behind the loss; ours is that of nn.functional, under the same name"
_OPTION = "None stands for PyTorch's default"
_CUDA_ONLY = "of PyTorch's CUDA products only"
_CUDNN = "there is no cuDNN to switch"
_NUMBER = "an overload on a Python number, which we take under the other argument's name"

SIGNATURES: dict[str, dict[str, str]] = {
    **{
        f"{place}.{name}": {"unbiased": _BY_TYPE}
        for place, names in {"torch": ("std", "std_mean", "var", "var_mean"), "Tensor": ("std", "var")}.items()
        for name in names
    },
    **{
        f"{place}.{name}": {"takes no": _WHOLE}
        for place in ("torch", "Tensor")
        for name in ("dsplit", "hsplit", "vsplit", "tensor_split")
    },
    **{f"torch.{name}": {"takes no out_dtype=": _CUDA_ONLY} for name in ("addmm", "baddbmm", "bmm", "mm")},
    **{f"{place}.scatter": {"value is": _BY_TYPE} for place in ("torch", "Tensor")},
    **{f"{place}.subtract": {"alpha": "a deprecated order of arguments"} for place in ("torch", "Tensor")},
    **{f"{place}.{name}": {"other": _BY_TYPE} for place in ("torch", "Tensor") for name in ("max", "min")},
    "torch.rsub": {"alpha": "a deprecated order of arguments"},
    "torch.arange": {"end stands": _BY_TYPE},
    "torch.repeat_interleave": {"repeats stands": _BY_TYPE},
    "Tensor.random_": {"to stands": _BY_TYPE},
    "torch.tensor": {"": "PyTorch, too, takes these by keyword only; its stubs do not say so"},
    "torch.compile": {"options": "all options are accepted: nothing is compiled"},
    "torch.asarray": {"requires_grad": "False stands for PyTorch's None"},
    "torch.clone": {"memory_format": "None is taken, too"},
    "Tensor.clone": {"memory_format": "None is taken, too"},
    "torch.trapezoid": {"dx": _OPTION},
    "torch.trapz": {"dx": _OPTION},
    "torch.cumulative_trapezoid": {"dx": _OPTION},
    "torch.group_norm": {"takes no cudnn_enabled=": _CUDNN},
    "torch.layer_norm": {"takes no cudnn_enable=": _CUDNN},
    "torch.alpha_dropout": {"takes no train=": "the function of nn.functional, which calls it training"},
    "torch.feature_alpha_dropout": {"takes no train=": "the function of nn.functional, which calls it training"},
    "torch.ctc_loss": {"reduction": _ENUM},
    **{
        name: {"takes no generator=": "noise comes from the default stream"}
        for name in ("torch.rrelu", "torch.rrelu_", "F.rrelu_")
    },
    "torch.threshold": {"takes no out=": "the function of nn.functional"},
    "torch.hardshrink": {"takes no out=": "the function of nn.functional"},
    **{
        f"F.fractional_max_pool{n}d": {"_random_samples": "the function underneath; the documented one has this order"}
        for n in (2, 3)
    },
    "F.hardshrink": {"takes no out=": "documented without"},
    "torch.binary_cross_entropy_with_logits": {"": _ENUM},
    "torch.cosine_embedding_loss": {"": _ENUM},
    "torch.hinge_embedding_loss": {"": _ENUM},
    "torch.kl_div": {"": _ENUM},
    "torch.margin_ranking_loss": {"": _ENUM},
    "torch.poisson_nll_loss": {"": _ENUM},
    "torch.triplet_margin_loss": {"": _ENUM},
    "torch.detach": {"takes no input=": "the method, under a second name"},
    "torch.detach_": {"takes no input=": "the method, under a second name"},
    "torch.resize_as_": {"takes no input=": "the method, under a second name"},
    "torch.from_dlpack": {"takes no": "the array is taken where it is; move or copy it with to()"},
    "torch.isin": {"takes no": _NUMBER},
    "torch.linspace": {"steps": "required, as PyTorch says when it is left out"},
    "torch.logspace": {"steps": "required, as PyTorch says when it is left out"},
    **{
        f"{place}.{name}": {"takes no input": _WHOLE}
        for place, names in {
            "torch": ("cholesky_inverse", "cholesky_solve", "lu_solve", "matrix_exp", "ormqr", "triangular_solve"),
            "Tensor": ("cholesky_solve", "orgqr", "ormqr"),
        }.items()
        for name in names
    },
    "torch.orgqr": {"takes no": "linalg.householder_product() under its older name"},
    "torch.slogdet": {"takes no out=": "as the method of linalg, under its older name"},
    "torch.save": {"": "files are read and written without Python's pickle module"},
    "torch.set_num_interop_threads": {"takes no num=": "taken by place only in PyTorch"},
    "torch.set_num_threads": {"takes no num=": "taken by place only in PyTorch"},
    "Tensor.copy_": {"takes no other=": _WHOLE},
    "Tensor.dim_order": {"takes no ambiguity_check=": "axes of size 1 are ordered by their strides"},
    "Tensor.new": {"takes no device=": "the tensor's own; see new_empty()"},
    "Tensor.norm": {"dtype stands": "the function and the method are one; PyTorch's method has no out="},
    "Tensor.requires_grad_": {"takes no mode=": _WHOLE},
    "Tensor.set_": {"takes no": "of a storage; as_strided() gives such views"},
    "Tensor.to_sparse": {"takes no": "of layouts in blocks"},
    "Tensor.swapaxes_": {"takes no axis": "transpose_() under a second name"},
    "nn.SyncBatchNorm": {"takes no bias=": "as the other batch norms"},
    "nn.Transformer": {"activation": "our relu is another function than PyTorch's"},
    "nn.TransformerDecoderLayer": {"activation": "our relu is another function than PyTorch's"},
    "nn.TransformerEncoderLayer": {"activation": "our relu is another function than PyTorch's"},
}

BEHAVIOUR = {
    "repr and str": "dtypes, devices and types print as autograd.float32; named tuples bear names of their own",
    "errors": "ShapeError, DtypeError, DeviceError, GraphError are RuntimeErrors; a few are ValueError or TypeError where "
    "PyTorch raises RuntimeError. Their texts are ours",
    "__version__": "this library's own version, not that of the PyTorch whose names it has",
    "one generator": "the default stream serves all devices; a seed does not give PyTorch's numbers",
    "jit, compile, fx": "give back what they get: nothing is scripted, traced or compiled",
    "subclasses of Tensor": "operations give Tensor; __torch_function__ is not asked",
    "equal elements": "sort and argsort are always stable; which of equal extrema is found may differ from PyTorch",
    "sparse tensors": "coo and csr, composed of indices and values: a class of its own, which few functions take",
    "strided otherwise": "no quantized, nested or named tensors; gradients of embeddings are dense",
    "meta": "operations on the device meta find their shapes by computing",
}

_CUT = "PyTorch cuts beta and alpha to integers, which loses them; ours promotes"
_TIES = "which of equal elements is found is nobody's promise"
_NAN = "where an infinity or NaN meets another, PyTorch's order of steps gives NaN elsewhere"
_LAX = "integers promote as in arithmetic"
_SCIPY = "at infinities the values are SciPy's"
_SPECIAL = (
    "zeta", "chebyshev_polynomial_t", "chebyshev_polynomial_u", "chebyshev_polynomial_v", "chebyshev_polynomial_w",
    "hermite_polynomial_h", "hermite_polynomial_he", "laguerre_polynomial_l", "legendre_polynomial_p",
    "shifted_chebyshev_polynomial_t", "shifted_chebyshev_polynomial_u", "shifted_chebyshev_polynomial_v",
    "shifted_chebyshev_polynomial_w",
)  # fmt: skip

# By operation and variation (see variations.py): why ours gives something else. Two differences need no entry: where PyTorch
# raises and ours does not, and where a function of nn.functional refuses integers by a DtypeError: it is for floating dtypes.
VALUES: dict[str, dict[str, str]] = {
    "linalg.vander": {"uint8": "powers in the dtype of x"},
    "vander": dict.fromkeys(("uint8", "bool"), "powers in the dtype of x"),
    **{f"F.fractional_max_pool{n}d": {"empty": "there is no place for a window"} for n in (2, 3)},
    "lu_unpack": dict.fromkeys(("int64", "uint8", "bool"), "factors are floating"),
    "cholesky": {"empty": "matrices of other than equal sizes"},
    "istft": {"bool": "a window of bools is cast"},
    "F.conv_transpose3d": {"special values": _NAN},
    "F.conv_tbc": {"special values": _NAN},
    "F.grid_sample": {"special values": "the nearest point to NaN: PyTorch takes one, ours none"},
    "F.margin_ranking_loss": {"int64": _LAX, "uint8": _LAX},
    "F.hinge_embedding_loss": {"int64": _LAX, "uint8": _LAX},
    "F.bilinear": {
        "uint8": "products of integers are summed in int64",
        "empty": "a layer without features is a mistake",
    },
    "F.pixel_unshuffle": {"empty": "PyTorch gives an empty input back with its shape as it was"},
    **{
        f"F.{name}": {"special values": _NAN, "empty": "the mean of nothing is NaN, as in the other losses"}
        for name in ("multi_margin_loss", "multilabel_margin_loss")
    },
    **{
        f"F.{name}": {"special values": _NAN}
        for name in ("group_norm", "instance_norm", "scaled_dot_product_attention")
    },
    **{name: {"special values": _NAN} for name in ("trapezoid", "var_mean", "std_mean")},
    **{
        f"fake_quantize_per_{what}_affine": {"special values": "NaN stays NaN; PyTorch gives the smallest number"}
        for what in ("tensor", "channel")
    },
    "F.gelu": {"special values": "gelu(inf) is inf, its limit; PyTorch gives NaN"},
    **{name: {"int64": _CUT} for name in ("addmm", "baddbmm", "addbmm", "addmv")},
    "addcmul": {"int64": "a fractional value does not fit; PyTorch cuts it"},
    "clamp": {"uint8": "a bound that the dtype cannot hold is an error; PyTorch wraps it"},
    "histogram": {"empty": "edges from 0 to 1 where there is no element, as in NumPy"},
    **{name: {"int64": _TIES, "uint8": _TIES} for name in ("topk", "kthvalue")},
    "mode": {"special values": "NaN is no value that occurs often"},
    **{f"special.{name}": {"special values": _SCIPY} for name in _SPECIAL},
    **{name: {"special values": _SCIPY} for name in ("igamma", "igammac")},
}

# Families in which one NaN or infinity reaches all values: what LAPACK and the transforms leave differs between builds.
NOWHERE_SPECIAL = {
    "cholesky", "determinants", "eigen", "fourier", "fourier_axes", "least_squares", "lu", "matrix_forms",
    "matrix_functions", "matrix_norms", "orthogonal", "solving", "svd",
}  # fmt: skip
