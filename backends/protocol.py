"""What a backend must answer: the one list of kernels, with shapes and dtypes.

A backend serves most operations through ``xp``, its array library (numpy or cupy). Listed here is what array libraries
lack or do badly. ``backends/reference`` answers everything in plain ``xp`` expressions, so a new backend works at once
and overrides what it does better; names of families and functions and the order of arguments are the same everywhere.

Arrays are raw ``xp`` arrays, floating unless said otherwise; every kernel takes any strides and returns new arrays
unless its name ends in ``_`` (then it writes into its arguments). ``None`` stands for an absent optional array.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from backends.geometry import Conv, Pool

Array = Any
Shape = tuple[int, ...]


class Backend(Protocol):
    """The list. ``be`` in an op's forward is an object that answers it."""

    xp: Any  # numpy or cupy
    name: str  # "cpu" or "cuda"
    index: int  # which device of that kind
    bfloat16: bool  # whether products and convolutions take such arrays; no other kernel is given any

    # -- arrays ------------------------------------------------------------------------------------------------------
    def asarray(self, data: Any, dtype: Any = None) -> Array:
        """This backend's array of ``data`` (copied only when it must be)."""

    def upload(self, a: Any, non_blocking: bool = False) -> Array:
        """This backend's array of a NumPy array ``a``; ``non_blocking``: return while pinned memory is still copied."""

    def scalar(self, value: float, dtype: Any) -> Any:
        """``value`` as the cheapest operand of ``dtype`` that ``xp`` functions take."""

    def broadcast_to(self, a: Array, shape: tuple[int, ...]) -> Array:
        """``a`` repeated along axes of size 1 and new ones in front: a view that is not to be written."""

    def reshape(self, a: Array, shape: tuple[int, ...]) -> Array:
        """The elements of ``a`` in another shape: a view where they lie so, else a copy."""

    def rows(self, a: Array) -> Array:
        """``a`` in row-major order: itself where it is, else a copy."""

    def to_numpy(self, a: Array) -> Any:
        """``a`` as a NumPy array: itself on the CPU, a copy from a GPU."""

    @property
    def fft(self) -> Any:
        """``fftn``, ``ifftn``, ``rfft`` and ``irfft`` of this backend's arrays, as ``numpy.fft`` has them."""

    @property
    def linalg(self) -> Any:
        """Factorizations of this backend's matrices; see linalg.py."""

    @property
    def special(self) -> Any:
        """The functions of ``scipy.special`` of this backend's arrays, by name; see special.py."""

    def synchronize(self) -> None:
        """Wait until all work given to the device is done."""

    # -- matmul ------------------------------------------------------------------------------------------------------
    def matmul(self, a: Array, b: Array) -> Array:
        """Matrix product (*B,M,N) of a (*B,M,K) and b (*B,K,N), of one dtype of any kind; axes *B broadcast.

        As ``numpy.matmul``: a vector stands for a row on the left, a column on the right, and leaves no axis; sums of
        float16 are kept in float32; ValueError where the shapes do not fit.
        """

    def linear(self, x: Array, w: Array, b: Array | None) -> Array:
        """x w^T + b (*,O) of x (*,I), w (O,I) and b (O,), () or None."""

    def linear_grad(
        self, g: Array, x: Array, w: Array, needs: tuple[bool, ...]
    ) -> tuple[Array | None, Array | None, Array | None]:
        """Gradients of linear with respect to x, w and b (O,), those that ``needs`` names; g (*,O)."""

    # -- conv: x (N,C,*S), w (O,C/G,*K), b (O,) or None, g and y (N,O,*OS) -------------------------------------------
    def conv(self, x: Array, w: Array, b: Array | None, geo: Conv) -> Array:
        """Cross-correlation y (N,O,*OS)."""

    def conv_input(self, g: Array, w: Array, geo: Conv) -> Array:
        """Gradient with respect to x (N,C,*S); also the forward of a transposed convolution."""

    def conv_weight(self, g: Array, x: Array, geo: Conv) -> Array:
        """Gradient with respect to w (O,C/G,*K)."""

    # -- pooling: x (N,C,*S), y and g (N,C,*OS) ----------------------------------------------------------------------
    def max_pool(self, x: Array, geo: Pool) -> tuple[Array, Array]:
        """Maximum of each window and its flat position in the (*S) plane, int32.

        Padding is -inf and never the position, which is that of the last NaN, else of the first of equal values.
        """

    def adaptive_max_pool(self, x: Array, out: Shape) -> tuple[Array, Array]:
        """As max_pool, over the windows of ``geometry.adaptive_bounds``."""

    def pool_scatter(self, g: Array, index: Array, size: Shape, geo: Pool | None = None) -> Array:
        """Adds each g (N,C,*OS) at its position in a zero plane (N,C,*size): the gradient of max pooling; unpooling.

        With ``geo``, index is what max_pool gave for it: a backend may look for positions in the windows only.
        """

    def pool_gather(self, x: Array, index: Array) -> Array:
        """Reads x (N,C,*S) at the positions index (N,C,*OS): the gradient of pool_scatter."""

    def avg_pool(self, x: Array, geo: Pool) -> Array:
        """Mean of each window."""

    def avg_pool_grad(self, g: Array, geo: Pool) -> Array:
        """Gradient of avg_pool (N,C,*S)."""

    def adaptive_avg_pool(self, x: Array, out: Shape) -> Array:
        """Mean of each adaptive window (N,C,*out)."""

    def adaptive_avg_pool_grad(self, g: Array, size: Shape) -> Array:
        """Gradient of adaptive_avg_pool (N,C,*size)."""

    def unfold(self, x: Array, geo: Pool) -> Array:
        """Windows as columns (N, C*prod(K), prod(OS)): im2col, zero padding."""

    def fold(self, cols: Array, geo: Pool) -> Array:
        """Sum of columns back into (N,C,*size): col2im, the gradient of unfold."""

    # -- normalization: weight, bias per channel or None -------------------------------------------------------------
    def batch_norm(self, x: Array, weight: Array | None, bias: Array | None, eps: float) -> tuple[Array, Array, Array]:
        """y like x (N,C,*S), and per channel mean (C,) and biased variance (C,), over N and S."""

    def batch_norm_grad(
        self, g: Array, x: Array, weight: Array | None, mean: Array, var: Array, eps: float
    ) -> tuple[Array, Array, Array]:
        """Gradients of y with respect to x, weight (C,), bias (C,); mean and var are functions of x."""

    def batch_norm_relu(
        self, x: Array, weight: Array | None, bias: Array | None, residual: Array | None, eps: float
    ) -> tuple[Array, Array, Array]:
        """As ``batch_norm``, with y = max(y + residual, 0); residual like x, or None."""

    def batch_norm_relu_grad(
        self, g: Array, y: Array, x: Array, weight: Array | None, mean: Array, var: Array, eps: float, residual: bool
    ) -> tuple[Array, Array, Array, Array | None]:
        """Gradients of y with respect to x, weight (C,), bias (C,), and where wanted the residual."""

    def layer_norm(self, x: Array, weight: Array | None, bias: Array | None, eps: float) -> tuple[Array, Array, Array]:
        """y like x (M,D), and per row mean (M,) and 1/sqrt(var + eps) (M,)."""

    def layer_norm_grad(
        self, g: Array, x: Array, weight: Array | None, mean: Array, rstd: Array, sums: bool = True
    ) -> tuple[Array, Array | None, Array | None]:
        """Gradients with respect to x (M,D), weight (D,), bias (D,); the last two are None without ``sums``."""

    def channel_affine(self, x: Array, scale: Array | None, shift: Array | None) -> Array:
        """x * scale + shift with x (N,C,*S), scale and shift (C,)."""

    # -- softmax over one axis ---------------------------------------------------------------------------------------
    def softmax(self, x: Array, axis: int) -> Array:
        """exp(x - max) / sum exp(x - max)."""

    def softmax_grad(self, g: Array, y: Array, axis: int) -> Array:
        """y * (g - sum(g * y)), y the softmax."""

    def log_softmax(self, x: Array, axis: int) -> Array:
        """x - max - log sum exp(x - max)."""

    def log_softmax_grad(self, g: Array, y: Array, axis: int) -> Array:
        """g - exp(y) * sum(g), y the log-softmax."""

    # -- loss: x (M,C) logits, target (M,) int64, weight (C,) or None; or x (N,C,L), target (N,L) and results likewise -
    def cross_entropy(
        self, x: Array, target: Array, weight: Array | None, ignore_index: int, smoothing: float
    ) -> tuple[Array, Array]:
        """Unreduced loss (M,) (0 where target == ignore_index) and log sum exp (M,); see nn.functional.cross_entropy.

        (1-s) * weight[t] * (lse - x[t]) + s/C * sum_c weight[c] * (lse - x[c]). IndexError where a target is neither a class
        nor ignore_index; a GPU, which is not waited for, raises it at the next synchronisation.
        """

    def cross_entropy_mean(
        self, x: Array, target: Array, weight: Array | None, ignore_index: int, smoothing: float
    ) -> tuple[Array, Array, Array]:
        """The sum of these losses over the sum of weight[target], 0-d; log sum exp (M,); and the latter sum, 0-d."""

    def cross_entropy_grad(
        self,
        g: Array,
        x: Array,
        target: Array,
        lse: Array,
        weight: Array | None,
        ignore_index: int,
        smoothing: float,
        total: Array | None = None,
    ) -> Array:
        """Gradient with respect to x (M,C) for g (M,); or, with the sum of the weights, for g of the mean, 0-d."""

    # -- indexing ----------------------------------------------------------------------------------------------------
    def check_positions(self, index: Array, low: int, high: int) -> int | None:
        """The first of the integers ``index`` outside [low, high), or None if there is none.

        A GPU, which is not waited for, answers None, and what it finds is raised at the next synchronisation.
        """

    def gather_rows(self, table: Array, index: Array) -> Array:
        """table[index] (*,*S): rows of table (R,*S), of any dtype, at positions (*) int64 in [0,R)."""

    def gather(self, x: Array, index: Array, axis: int) -> Array:
        """out[..., i, ...] = x[..., index[i], ...] along ``axis``; index may be smaller than x in every other axis."""

    def scatter_rows(self, src: Array, index: Array, rows: int) -> Array:
        """out (rows,D), out[index[m]] += src[m], in the order of m; index (M,) int64. The gradient of an embedding."""

    def index_add_(self, out: Array, index: Any, src: Array) -> Array:
        """out[index] += src with repeated positions added up; ``index`` as in NumPy (arrays, slices, None, ...)."""

    def scatter_add_(self, out: Array, index: Array, src: Array, axis: int) -> Array:
        """out[..., index[i], ...] += src[i] along ``axis``; index may be smaller than out in every other axis."""

    # -- dropout -----------------------------------------------------------------------------------------------------
    def dropout(self, x: Array, p: float, seed: int, offset: int) -> tuple[Array, Array]:
        """x * mask / (1-p) and the mask, bool: element i is kept where float32 uniform number i is >= p."""

    # -- attention: q (B,H,T,D), k (B,H,S,D), v (B,H,S,E); mask broadcasts to (B,H,T,S): bool (True: take part) or added
    def attention(
        self, q: Array, k: Array, v: Array, mask: Array | None, scale: float, causal: bool
    ) -> tuple[Array, Array]:
        """softmax(scale * q k^T + mask) v (B,H,T,E), 0 for a row wholly masked; log sum exp of the scores (B,H,T)."""

    def attention_grad(
        self,
        g: Array,
        q: Array,
        k: Array,
        v: Array,
        mask: Array | None,
        y: Array,
        lse: Array,
        scale: float,
        causal: bool,
    ) -> tuple[Array, Array, Array]:
        """Gradients with respect to q, k, v."""

    # -- recurrent: one step; gates (N,4H) in torch's order i,f,g,o before their nonlinearities ---------------------
    def lstm_cell(self, gates: Array, c: Array) -> tuple[Array, Array]:
        """h' = sigmoid(o) tanh(c') and c' = sigmoid(f) c + sigmoid(i) tanh(g), both (N,H)."""

    def lstm_cell_grad(
        self, gh: Array | None, gc: Array | None, gates: Array, c: Array, c_new: Array
    ) -> tuple[Array, Array]:
        """Gradients with respect to gates (N,4H) and c (N,H)."""

    def gru_cell(self, gi: Array, gh: Array, h: Array) -> Array:
        """h' (N,H) from gi = W x + b and gh = U h + c, both (N,3H), order r,z,n: n = tanh(gi_n + r * gh_n)."""

    def gru_cell_grad(self, g: Array, gi: Array, gh: Array, h: Array) -> tuple[Array, Array, Array]:
        """Gradients with respect to gi, gh (N,3H) and h (N,H) (the direct path only)."""

    # -- recurrent_layer: all steps; sizes[t] rows of x (L,..) belong to step t, the first ones of the states (N,..) ---------
    def lstm_layer(
        self, x: Array, h0: Array, c0: Array, w_hh: Array, w_hr: Array | None, sizes: tuple[int, ...], reverse: bool
    ) -> tuple[Array, ...]:
        """From x = W x + b (L,4H), h0 (N,P), c0 (N,H), w_hh (4H,P) and the projection w_hr (P,H) or None:

        y (L,P), c, h before its projection (L,H), gates (L,4H), h_n (N,P), c_n (N,H)."""

    def lstm_layer_grad(
        self,
        gy: Array | None,
        g_hn: Array | None,
        g_cn: Array | None,
        h0: Array,
        c0: Array,
        w_hh: Array,
        w_hr: Array | None,
        y: Array,
        c: Array,
        full: Array,
        gates: Array,
        sizes: tuple[int, ...],
        reverse: bool,
    ) -> tuple[Array, Array, Array, Array, Array | None]:
        """Gradients with respect to x, h0, c0, w_hh, w_hr."""

    def gru_layer(
        self, x: Array, h0: Array, w_hh: Array, b_hh: Array | None, sizes: tuple[int, ...], reverse: bool
    ) -> tuple[Array, Array, Array]:
        """From x = W x + b (L,3H), h0 (N,H), w_hh (3H,H), b_hh (3H,) or None: y (L,H), gh (L,3H), h_n (N,H)."""

    def gru_layer_grad(
        self,
        gy: Array | None,
        g_hn: Array | None,
        x: Array,
        h0: Array,
        w_hh: Array,
        y: Array,
        gh: Array,
        sizes: tuple[int, ...],
        reverse: bool,
    ) -> tuple[Array, Array, Array, Array]:
        """Gradients with respect to x, h0, w_hh, b_hh."""

    def rnn_layer(
        self, x: Array, h0: Array, w_hh: Array, sizes: tuple[int, ...], reverse: bool, relu: bool
    ) -> tuple[Array, Array]:
        """h' = f(x + w_hh h), f relu or tanh, from x (L,H), h0 (N,H), w_hh (H,H): y (L,H), h_n (N,H)."""

    def rnn_layer_grad(
        self,
        gy: Array | None,
        g_hn: Array | None,
        h0: Array,
        w_hh: Array,
        y: Array,
        sizes: tuple[int, ...],
        reverse: bool,
        relu: bool,
    ) -> tuple[Array, Array, Array]:
        """Gradients with respect to x, h0, w_hh."""

    # -- elementwise -------------------------------------------------------------------------------------------------
    def erf(self, x: Array) -> Array:
        """2/sqrt(pi) * integral of exp(-t^2) from 0 to x, to the dtype's rounding."""

    def sigmoid(self, x: Array) -> Array:
        """1 / (1 + exp(-x)), without overflow."""

    def sigmoid_grad(self, g: Array, y: Array) -> Array:
        """g * y * (1 - y); y the output of sigmoid."""

    def tanh(self, x: Array) -> Array:
        """The hyperbolic tangent."""

    def tanh_grad(self, g: Array, y: Array) -> Array:
        """g * (1 - y^2); y the output of tanh."""

    def add(self, a: Array, b: Array) -> Array:
        """a + b, with broadcasting."""

    def sub(self, a: Array, b: Array) -> Array:
        """a - b, with broadcasting."""

    def mul(self, a: Array, b: Array) -> Array:
        """a * b, with broadcasting."""

    def div(self, a: Array, b: Array) -> Array:
        """a / b, with broadcasting; of integers in floating numbers."""

    def where(self, condition: Array, a: Array, b: Array) -> Array:
        """a where the condition holds, else b, with broadcasting; one of them may be a Python number."""

    def add_(self, a: Array, b: Array) -> None:
        """a += b in its memory; b like a, or 0-d."""

    def sub_(self, a: Array, b: Array) -> None:
        """a -= b in its memory; b like a, or 0-d."""

    def mul_(self, a: Array, b: Array) -> None:
        """a *= b in its memory; b like a, or 0-d."""

    def relu(self, x: Array) -> Array:
        """max(x, 0), NaN kept."""

    def relu_(self, x: Array) -> None:
        """x = relu(x) in its memory."""

    def relu_grad(self, g: Array, y: Array) -> Array:
        """g where y > 0, else 0; y the output of relu."""

    def gelu(self, x: Array, tanh: bool) -> Array:
        """x * Phi(x), by erf or by the tanh approximation."""

    def gelu_grad(self, g: Array, x: Array, tanh: bool) -> Array:
        """g * d gelu / dx."""

    # -- activation --------------------------------------------------------------------------------------------------
    def activation(self, x: Array, kind: str, params: tuple[float, ...]) -> Array:
        """A function of each element: "clamp", "leaky_relu", "silu", ... (``backends/reference/activation.py``)."""

    def activation_(self, x: Array, kind: str, params: tuple[float, ...]) -> None:
        """The same, written over x."""

    def activation_grad(self, g: Array, x: Array, kind: str, params: tuple[float, ...]) -> Array:
        """g times its derivative at x."""

    # -- reduction ---------------------------------------------------------------------------------------------------
    def axes_sum(self, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
        """Sum of x over axes, in the dtype of x."""

    def cumsum(self, x: Array, axis: int, backwards: bool) -> Array:
        """The sums of what is before (or behind) each element along an axis, itself included; of integers in int64."""

    def channel_sum(self, g: Array) -> Array:
        """Sum of g (N,C,*S) over all axes but the second: (C,)."""

    def channel_dot(self, g: Array, x: Array) -> Array:
        """Sum of g * x, both (N,C,*S), over all axes but the second: (C,)."""

    def square_sum(self, arrays: Sequence[Array]) -> Array:
        """Sum of squares over all elements of all arrays, 0-d, in at least float32."""

    # -- optimizer: lists of equally long arrays, updated in place; see optim/ for the formulas ----------------------
    def sgd_(
        self,
        params: Sequence[Array],
        grads: Sequence[Array],
        buffers: Sequence[Array | None],
        *,
        lr: float,
        momentum: float,
        dampening: float,
        weight_decay: float,
        nesterov: bool,
        maximize: bool,
    ) -> list[Array | None]:
        """One SGD step; returns the buffers, a copy of the gradient where None if momentum is set."""

    def adam_(
        self,
        params: Sequence[Array],
        grads: Sequence[Array],
        exp_avgs: Sequence[Array],
        exp_avg_sqs: Sequence[Array],
        max_exp_avg_sqs: Sequence[Array],
        steps: Sequence[int],
        *,
        lr: float,
        beta1: float,
        beta2: float,
        eps: float,
        weight_decay: float,
        decoupled: bool,
        maximize: bool,
    ) -> None:
        """One Adam (``decoupled``: AdamW) step; ``max_exp_avg_sqs`` empty without AMSGrad; ``steps`` count from 1."""

    def scale_(self, arrays: Sequence[Array], factor: Array | float) -> None:
        """Every array *= factor."""

    # -- random: Philox 4x32-10; word i of the stream is lane i%4 of the block with counter offset + i//4 ------------
    def random_bits(self, n: int, seed: int, offset: int) -> Array:
        """n words, uint32."""

    def uniform(self, shape: Shape, dtype: Any, low: float, high: float, seed: int, offset: int) -> Array:
        """low + (high-low) * u, u in [0,1): 24 bits of a word (float32), 11 (float16), 53 of two (float64)."""

    def normal(self, shape: Shape, dtype: Any, mean: float, std: float, seed: int, offset: int) -> Array:
        """mean + std * z by Box-Muller on pairs of uniforms; two words an element pair (float32), four (float64)."""

    def randint(self, shape: Shape, low: int, high: int, seed: int, offset: int) -> Array:
        """int64 in [low, high): high part of a 64-bit word times the range."""

    def permutation(self, n: int, seed: int, offset: int) -> Array:
        """A random order of 0..n-1, int64: stable argsort of n 64-bit words."""
