"""Recurrent layers over whole sequences, and the single steps of them."""

from __future__ import annotations

import math
import warnings
from typing import Any

import autograd as ag
from autograd.errors import DtypeError, ShapeError
from autograd.tensor import Tensor
from backends.sequence import Sizes
from nn import init
from nn.functional import recurrent as F
from nn.functional.dropout import dropout
from nn.functional.linear import linear
from nn.module import Module
from nn.parameter import Parameter
from nn.utils.rnn import PackedSequence

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNBase", "RNNCell", "RNNCellBase"]

_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


class RNNBase(Module):
    """What RNN, LSTM and GRU share: layers one above the other, each in one or two directions.

    Layer k has ``weight_ih_lk`` (gates*H, I), ``weight_hh_lk`` (gates*H, H), ``bias_ih_lk``, ``bias_hh_lk`` (gates*H,)
    and, with a projection, ``weight_hr_lk`` (P, H); those of the backward direction end in ``_reverse``. Initial values
    are uniform in (-1/sqrt(H), 1/sqrt(H)).

    Args:
        mode: "LSTM", "GRU", "RNN_TANH" or "RNN_RELU".
        input_size: width of the input.
        hidden_size: width of the state.
        num_layers: layers above each other; each reads the outputs of the one below.
        bias: whether there are the two biases.
        batch_first: input and output are (N, T, width) instead of (T, N, width).
        dropout: probability with which, in training, outputs of all layers but the last are dropped.
        bidirectional: a second set of weights runs from the end; outputs lie side by side.
        proj_size: width P to which the state of an LSTM is projected; 0 for no projection.
        device, dtype: of the parameters.

    Raises:
        ValueError: a size that is not positive, a probability outside [0, 1], or a projection that is not smaller.

    Example:
        >>> net = nn.RNNBase("GRU", 3, 5, bidirectional=True)
        >>> net(ag.ones(7, 2, 3))[0].shape
        Size([7, 2, 10])
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        if min(input_size, hidden_size, num_layers) < 1:
            raise ValueError(
                f"{name}: expected positive input_size, hidden_size and num_layers, "
                f"got {input_size}, {hidden_size}, {num_layers}"
            )
        if isinstance(dropout, bool) or not 0 <= dropout <= 1:
            raise ValueError(f"{name}: expected dropout to be a probability in [0, 1], got {dropout}")
        if not 0 <= proj_size < hidden_size or (proj_size and mode != "LSTM"):
            raise ValueError(f"{name}: expected proj_size from 0 to below hidden_size, for LSTM only, got {proj_size}")
        if dropout and num_layers == 1:
            warnings.warn(f"{name}: dropout={dropout} acts between layers, and there is one only", stacklevel=3)
        self.mode, self.input_size, self.hidden_size, self.num_layers = mode, input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size = bidirectional, proj_size
        rows, out = _GATES[mode] * hidden_size, proj_size or hidden_size
        self._all_weights: list[list[str]] = []  # the parameters of every layer and direction
        for layer in range(num_layers):
            width = input_size if layer == 0 else out * self._directions
            shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, width), "weight_hh": (rows, out)}
            shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)} if bias else {}
            shapes |= {"weight_hr": (proj_size, hidden_size)} if proj_size else {}
            for end in ("", "_reverse")[: self._directions]:
                self._all_weights.append([f"{part}_l{layer}{end}" for part in shapes])
                for part, shape in shapes.items():
                    setattr(self, f"{part}_l{layer}{end}", Parameter(ag.empty(shape, device=device, dtype=dtype)))
        self.reset_parameters()

    @property
    def _directions(self) -> int:
        return 1 + self.bidirectional

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of every layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        bound = 1 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def flatten_parameters(self) -> None:
        """Does nothing: the kernels take the parameters where they are."""

    def extra_repr(self) -> str:
        """The sizes and what differs from the defaults."""
        defaults = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0}
        changed = [k for k, default in {**defaults, "bidirectional": False}.items() if getattr(self, k) != default]
        return ", ".join([str(self.input_size), str(self.hidden_size), *(f"{k}={getattr(self, k)}" for k in changed)])

    # -- forward -----------------------------------------------------------------------------------------------------
    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """Runs all layers over all time steps.

        Args:
            input: (T, N, I), with ``batch_first`` (N, T, I), a single sequence (T, I), or a PackedSequence.
            hx: the first state (layers * directions, N, H), without N for a single sequence; for an LSTM a pair of it
                and the first cell state. None: zeros.

        Returns:
            The outputs of the last layer, like the input with width H * directions, and the last state, like ``hx``.

        Raises:
            ShapeError: axes that do not fit the layer.
            DtypeError: input, state and parameters of different dtypes.
        """
        if isinstance(input, PackedSequence):
            order, sizes = input.sorted_indices, tuple(input.batch_sizes.tolist())
            states = self._states(hx, sizes[0], input.data, True)
            if order is not None:
                states = [s.index_select(1, order) for s in states]
            data, last = self._run(input.data, states, sizes)
            if input.unsorted_indices is not None:
                last = [s.index_select(1, input.unsorted_indices) for s in last]
            return input._replace(data=data), self._as_given(last)
        if input.ndim not in (2, 3):
            raise ShapeError(f"{type(self).__name__}: expected input with 2 or 3 axes, got {tuple(input.shape)}")
        batched = input.ndim == 3
        x = input if batched else input.unsqueeze(1)
        if batched and self.batch_first:
            x = x.transpose(0, 1)
        steps, batch = x.shape[:2]
        if not steps:
            raise ShapeError(f"{type(self).__name__}: expected at least one time step, got {tuple(input.shape)}")
        states = self._states(hx, batch, input, batched)
        y, last = self._run(x.reshape(steps * batch, x.shape[2]), states, (batch,) * steps)
        y = y.reshape(steps, batch, y.shape[1])  # (L,P) -> (T,N,P)
        if not batched:
            return y.squeeze(1), self._as_given([s.squeeze(1) for s in last])
        return y.transpose(0, 1) if self.batch_first else y, self._as_given(last)

    def _as_given(self, states: list[Tensor]) -> Any:
        return tuple(states) if self.mode == "LSTM" else states[0]

    def _states(self, hx: Any, batch: int, input: Tensor, batched: bool) -> list[Tensor]:
        """The first states (layers * directions, N, width), checked against the input."""
        name, count = type(self).__name__, self.num_layers * self._directions
        if input.shape[-1] != self.input_size:
            raise ShapeError(f"{name}: expected input of width {self.input_size}, got {tuple(input.shape)}")
        weight = getattr(self, self._all_weights[0][0])
        if input.dtype != weight.dtype:
            raise DtypeError(
                f"{name}: expected input of dtype {weight.dtype} like the weights, got {input.dtype}. Cast one"
            )
        widths = [self.proj_size or self.hidden_size, self.hidden_size][: 1 + (self.mode == "LSTM")]
        if hx is None:
            return [ag.zeros(count, batch, w, dtype=input.dtype, device=input.device) for w in widths]
        given = list(hx) if isinstance(hx, (tuple, list)) else [hx]
        if len(given) != len(widths):
            raise ShapeError(f"{name}: expected {len(widths)} state tensor(s) as hx, got {len(given)}")
        for state, width in zip(given, widths, strict=True):
            wanted = (count, batch, width) if batched else (count, width)
            if tuple(state.shape) != wanted:
                raise ShapeError(f"{name}: expected a state of shape {wanted}, got {tuple(state.shape)}")
            if state.dtype != input.dtype:
                raise DtypeError(f"{name}: expected a state of dtype {input.dtype} like the input, got {state.dtype}")
        return given if batched else [state.unsqueeze(1) for state in given]

    def _run(self, x: Tensor, states: list[Tensor], sizes: Sizes) -> tuple[Tensor, list[Tensor]]:
        """All layers on the rows of all steps: (L,I) -> (L, P * directions), and the last states."""
        last: list[list[Tensor]] = []
        for layer in range(self.num_layers):
            if layer and self.dropout and self.training:
                x = dropout(x, self.dropout, self.training)
            outs = []
            for direction in range(self._directions):
                at = layer * self._directions + direction
                y, *state = self._direction(x, [s[at] for s in states], self.all_weights[at], sizes, direction == 1)
                outs.append(y)
                last.append(state)
            x = outs[0] if len(outs) == 1 else ag.cat(outs, 1)
        return x, [ag.stack(parts) if len(parts) > 1 else parts[0].unsqueeze(0) for parts in zip(*last, strict=True)]

    def _direction(self, x: Tensor, states: list[Tensor], weights: list[Any], sizes: Sizes, reverse: bool) -> Any:
        """One layer in one direction: its outputs and last states."""
        w_ih, w_hh, *rest = weights
        b_ih, b_hh = rest[:2] if self.bias else (None, None)
        if self.mode == "GRU":
            y, _, h = F.gru_layer(linear(x, w_ih, b_ih), *states, w_hh, b_hh, sizes=sizes, reverse=reverse)
            return y, h
        bias = None if b_ih is None or b_hh is None else b_ih + b_hh
        x = linear(x, w_ih, bias)
        if self.mode == "LSTM":
            w_hr = rest[-1] if self.proj_size else None
            y, _, _, _, h, c = F.lstm_layer(x, *states, w_hh, w_hr, sizes=sizes, reverse=reverse)
            return y, h, c
        return F.rnn_layer(x, *states, w_hh, sizes=sizes, reverse=reverse, relu=self.mode == "RNN_RELU")


class RNN(RNNBase):
    """Recurrent layers h_t = f(W x_t + b + U h_{t-1} + c), f tanh or relu.

    Args:
        input_size: width of the input.
        hidden_size: width of the state.
        num_layers: layers above each other.
        nonlinearity: f, "tanh" or "relu".
        bias, batch_first, dropout, bidirectional, device, dtype: see ``RNNBase``.

    Raises:
        ValueError: an unknown nonlinearity, or as for ``RNNBase``.

    Example:
        >>> y, h = nn.RNN(3, 4)(ag.ones(5, 2, 3))
        >>> y.shape, h.shape
        (Size([5, 2, 4]), Size([1, 2, 4]))

    Source: Elman, Finding Structure in Time, 1990.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"RNN: expected nonlinearity to be 'tanh' or 'relu', got {nonlinearity!r}")
        mode = f"RNN_{nonlinearity.upper()}"
        super().__init__(
            mode, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )
        self.nonlinearity = nonlinearity


class LSTM(RNNBase):
    """Layers of long short-term memory.

    With the gates i, f, g, o = W x_t + b + U h_{t-1} + c: c_t = sigmoid(f) c_{t-1} + sigmoid(i) tanh(g) and
    h_t = sigmoid(o) tanh(c_t), which ``proj_size`` projects to V h_t.

    Args:
        input_size: width of the input.
        hidden_size: width of the cell state.
        num_layers: layers above each other.
        bias, batch_first, dropout, bidirectional, proj_size, device, dtype: see ``RNNBase``.

    Raises:
        ValueError: as for ``RNNBase``.

    Example:
        >>> y, (h, c) = nn.LSTM(3, 4, num_layers=2, bidirectional=True)(ag.ones(5, 2, 3))
        >>> y.shape, h.shape
        (Size([5, 2, 8]), Size([4, 2, 4]))

    Source: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997; Sak et al. 2014 for the projection.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "LSTM",
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size, device, dtype,
        )  # fmt: skip


class GRU(RNNBase):
    """Layers of gated recurrent units.

    h_t = (1 - z) n + z h_{t-1} with r, z = sigmoid(W x_t + b + U h_{t-1} + c), n = tanh(W x_t + b + r (U h_{t-1} + c)),
    each with rows of W, U, b, c of its own.

    Args:
        input_size: width of the input.
        hidden_size: width of the state.
        num_layers: layers above each other.
        bias, batch_first, dropout, bidirectional, device, dtype: see ``RNNBase``.

    Raises:
        ValueError: as for ``RNNBase``.

    Example:
        >>> y, h = nn.GRU(3, 4, batch_first=True)(ag.ones(2, 5, 3))
        >>> y.shape, h.shape
        (Size([2, 5, 4]), Size([1, 2, 4]))

    Source: Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, 2014.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )


# -- single steps ----------------------------------------------------------------------------------------------------


class RNNCellBase(Module):
    """What the cells share: two weights (gates*H, I) and (gates*H, H), two biases (gates*H,), and the checks.

    Args:
        input_size: width of the input, I.
        hidden_size: width of the state, H.
        bias: whether there are biases.
        num_chunks: how many gates.
        device, dtype: of the parameters.

    Example:
        >>> nn.RNNCellBase(3, 4, True, 2).weight_ih.shape
        Size([8, 3])
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        rows, where = num_chunks * hidden_size, {"device": device, "dtype": dtype}
        self.weight_ih = Parameter(ag.empty(rows, input_size, **where))
        self.weight_hh = Parameter(ag.empty(rows, hidden_size, **where))
        self.register_parameter("bias_ih", Parameter(ag.empty(rows, **where)) if bias else None)
        self.register_parameter("bias_hh", Parameter(ag.empty(rows, **where)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws new initial values, uniform in (-1/sqrt(H), 1/sqrt(H))."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self) -> str:
        """The sizes and what differs from the defaults."""
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else f", bias={self.bias}")

    def _checked(self, input: Tensor, states: Any) -> list[Tensor]:
        """Input and states with a batch axis; zeros for states that are None."""
        name = type(self).__name__
        if input.ndim not in (1, 2) or input.shape[-1] != self.input_size:
            raise ShapeError(
                f"{name}: expected input (N, {self.input_size}) or ({self.input_size},), got {tuple(input.shape)}"
            )
        wanted = (*input.shape[:-1], self.hidden_size)
        out = [input]
        for state in states:
            if state is None:
                state = ag.zeros(wanted, dtype=input.dtype, device=input.device)
            if tuple(state.shape) != wanted:
                raise ShapeError(f"{name}: expected a state of shape {wanted}, got {tuple(state.shape)}")
            out.append(state)
        return out if input.ndim == 2 else [t.unsqueeze(0) for t in out]

    def _shares(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        """What input and state give to the gates: (N, gates*H) each."""
        return linear(x, self.weight_ih, self.bias_ih), linear(h, self.weight_hh, self.bias_hh)


class RNNCell(RNNCellBase):
    """One step h' = f(W x + b + U h + c), f tanh or relu.

    Args:
        input_size: width of the input.
        hidden_size: width of the state.
        bias: whether there are b and c.
        nonlinearity: f, "tanh" or "relu".
        device, dtype: of the parameters.

    Raises:
        ValueError: an unknown nonlinearity.

    Example:
        >>> nn.RNNCell(3, 4)(ag.ones(2, 3)).shape
        Size([2, 4])

    Source: Elman, Finding Structure in Time, 1990.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"RNNCell: expected nonlinearity to be 'tanh' or 'relu', got {nonlinearity!r}")
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """One step.

        Args:
            input: (N, I) or (I,).
            hx: the state (N, H) or (H,); None: zeros.

        Returns:
            The new state, like ``hx``.
        """
        from_input, from_state = self._shares(*self._checked(input, [hx]))
        h: Tensor = (ag.relu if self.nonlinearity == "relu" else ag.tanh)(from_input + from_state)
        return h if input.ndim == 2 else h.squeeze(0)

    def extra_repr(self) -> str:
        """The sizes and what differs from the defaults."""
        end = "" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}"
        return super().extra_repr() + end


class LSTMCell(RNNCellBase):
    """One step of an ``LSTM``.

    Args:
        input_size: width of the input.
        hidden_size: width of the state.
        bias: whether there are biases.
        device, dtype: of the parameters.

    Example:
        >>> h, c = nn.LSTMCell(3, 4)(ag.ones(2, 3))
        >>> h.shape, c.shape
        (Size([2, 4]), Size([2, 4]))

    Source: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997.
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """One step.

        Args:
            input: (N, I) or (I,).
            hx: state and cell state, (N, H) or (H,) each; None: zeros.

        Returns:
            The new state and cell state.
        """
        x, h, c = self._checked(input, hx or (None, None))
        from_input, from_state = self._shares(x, h)
        h, c = F.lstm_cell(from_input + from_state, c)
        return (h, c) if input.ndim == 2 else (h.squeeze(0), c.squeeze(0))


class GRUCell(RNNCellBase):
    """One step of a ``GRU``.

    Args:
        input_size: width of the input.
        hidden_size: width of the state.
        bias: whether there are biases.
        device, dtype: of the parameters.

    Example:
        >>> nn.GRUCell(3, 4)(ag.ones(2, 3)).shape
        Size([2, 4])

    Source: Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, 2014.
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """One step.

        Args:
            input: (N, I) or (I,).
            hx: the state (N, H) or (H,); None: zeros.

        Returns:
            The new state, like ``hx``.
        """
        x, h = self._checked(input, [hx])
        new: Tensor = F.gru_cell(*self._shares(x, h), h)
        return new if input.ndim == 2 else new.squeeze(0)
