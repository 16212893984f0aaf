"""NumPy's functions that raise on what is recorded: without a derivative, or not supported."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__: list[str] = []

# no derivative, and why
NOT_DIFFERENTIABLE: dict[Any, str] = {
    np.nextafter: "it moves x by one bit, which is rounding and no function of reals: take x itself, or ",
    np.isnat: "it asks about dates, and arrays here hold numbers; ",
    np.busday_count: "it counts dates, and arrays here hold numbers; ",
    np.busday_offset: "it counts dates, and arrays here hold numbers; ",
    np.is_busday: "it asks about dates, and arrays here hold numbers; ",
    np.datetime_as_string: "it writes dates, and arrays here hold numbers; ",
    np.packbits: "it packs the bits of integers; ",
    np.unpackbits: "it unpacks the bits of integers; ",
    np.may_share_memory: "it asks about memory, and Tensors share none that could be seen; ",
    np.shares_memory: "it asks about memory, and Tensors share none that could be seen; ",
}

# not supported, and what to use instead
NOT_SUPPORTED: dict[Any, str] = {
    np.histogram2d: "take np.histogram, or np.bincount of the numbers of the bins, with weights=; or ",
    np.histogramdd: "take np.histogram, or np.bincount of the numbers of the bins, with weights=; or ",
    np.einsum_path: "np.einsum finds the order by itself; ",
    np.save: "a file holds numbers and no graph; ",
    np.savetxt: "a file holds numbers and no graph; ",
    np.savez: "a file holds numbers and no graph; ",
    np.savez_compressed: "a file holds numbers and no graph; ",
    np.asmatrix: "a matrix is an array of two axes here: autodiff.numpy.asarray, and @ for products; ",
    np.bmat: "a matrix is an array of two axes here: autodiff.numpy.block; ",
    np.frompyfunc: "take autodiff.numpy.vectorize; ",
    np.nested_iters: "iterate over x, or index it; ",
    np.from_dlpack: "what is recorded is no plain memory; ",
    np.frombuffer: "what is recorded is no plain memory; ",
    np.lib.stride_tricks.as_strided: "what is recorded has no memory to stride over: take "
    "np.lib.stride_tricks.sliding_window_view, np.broadcast_to or an index; ",
}

# what takes no array of numbers that somebody could differentiate
NUMPYS_OWN: tuple[str, ...] = (
    "bartlett", "base_repr", "binary_repr", "blackman", "broadcast_shapes", "datetime_data", "diag_indices",
    "format_float_positional", "format_float_scientific", "fromfile", "fromregex", "fromstring", "genfromtxt",
    "get_include", "get_printoptions", "getbufsize", "geterr", "geterrcall", "hamming", "hanning", "indices",
    "info", "isdtype", "isfortran", "isscalar", "issubdtype", "iterable", "kaiser", "load", "loadtxt",
    "mask_indices", "mintypecode", "printoptions", "promote_types", "set_printoptions", "setbufsize",
    "seterr", "seterrcall", "show_config", "show_runtime", "test", "tril_indices", "triu_indices", "typename",
    "fft.fftfreq", "fft.rfftfreq", "fft.test", "linalg.test",
)  # fmt: skip
