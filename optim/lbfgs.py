"""L-BFGS: Newton steps from a curvature estimated by the last gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.grad_mode import enable_grad, no_grad
from autograd.op import wrap, written
from autograd.tensor import Tensor
from optim.line_search import Point, strong_wolfe
from optim.optimizer import Optimizer, Params
from optim.rule import State, check_options, real


class LBFGS(Optimizer):
    """Limited-memory BFGS over all parameters as one vector; for losses without noise.

    With s = last step and y = change of the gradient over it, kept for ``history_size`` steps: d = -H g by the two-loop
    recursion over the pairs (s, y), from H = (s.y / y.y) I; p += t d. ``step`` makes up to ``max_iter`` iterations.

    Args:
        params: leaf tensors, or (name, tensor) pairs; one group.
        lr: t; with a line search, the t it tries first. A number or a 0-d tensor.
        max_iter: iterations in one ``step``.
        max_eval: calls of the closure in one ``step``; None for 1.25 * max_iter.
        tolerance_grad: stop where no element of the gradient is larger.
        tolerance_change: stop where no parameter, or the loss, changes by more.
        history_size: pairs kept; each needs twice the memory of the parameters.
        line_search_fn: "strong_wolfe", or None for a step of length ``lr``.

    Raises:
        ValueError: several groups, a negative lr, or an unknown line search.

    Example:
        >>> w = ag.tensor([3.0, -2.0], requires_grad=True)
        >>> opt = optim.LBFGS([w], line_search_fn="strong_wolfe")
        >>> def closure():
        ...     opt.zero_grad()
        ...     loss = ((w - 1) * (w - 1)).sum()
        ...     loss.backward()
        ...     return loss
        >>> opt.step(closure).item(), [round(x, 4) for x in w.tolist()]
        (13.0, [1.0, 1.0])

    Source: Nocedal and Wright, Numerical Optimization, 2006, section 7.2.
    """

    def __init__(
        self,
        params: Params,
        lr: Any = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_options(self, lr=lr)
        if line_search_fn not in (None, "strong_wolfe"):
            raise ValueError(f"LBFGS: expected line_search_fn to be 'strong_wolfe' or None, got {line_search_fn!r}")
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        if self.param_groups:
            raise ValueError("LBFGS: expected one group of parameters, got several. All of them form one vector")
        super().add_param_group(param_group)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Up to ``max_iter`` iterations.

        Args:
            closure: sets the gradients to zero, computes the loss, calls ``backward`` and returns the loss. Needed: it
                is run several times.

        Returns:
            The loss that the closure returned first.

        Raises:
            TypeError: there is no closure.
        """
        if closure is None:
            raise TypeError("LBFGS: expected step(closure), got no closure. The rule computes the loss several times")
        with no_grad():
            return self._iterate(closure)

    def _iterate(self, closure: Callable[[], Any]) -> Any:
        (group,) = self.param_groups
        lr, tolerance = float(group["lr"]), group["tolerance_change"]
        params = group["params"]
        be, state = params[0].backend, self.state[params[0]]
        first = self._evaluate(closure)
        loss, g = float(first), self._gradient()
        evaluations = 1
        state["func_evals"] = state.get("func_evals", 0) + 1
        state.setdefault("n_iter", 0)
        if be.xp.abs(g).max() <= group["tolerance_grad"]:
            return first
        memory = _Memory(state, group["history_size"])
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            newest = state["n_iter"] == 1
            d = memory.direction(g)
            before = loss
            t = memory.t = lr * min(1.0, 1.0 / float(be.xp.abs(g).sum())) if newest else lr
            slope = float(g @ d)
            if slope > -tolerance:
                break
            reach = float(be.xp.abs(d).max())
            used = 0
            if group["line_search_fn"] is not None:
                limit = group["max_eval"] - evaluations
                found, used = self._search(closure, Point(0.0, loss, g, slope), t, d, reach, tolerance, limit)
                loss, g, t = found.loss, found.grad, found.t
                self._move(t, d)
            else:
                self._move(t, d)
                if iteration < group["max_iter"]:  # the last move is judged by the next step
                    loss, g, used = float(self._evaluate(closure)), self._gradient(), 1
            memory.t = t
            evaluations += used
            state["func_evals"] += used
            small = be.xp.abs(g).max() <= group["tolerance_grad"]
            still = reach * abs(t) <= tolerance or abs(loss - before) < tolerance
            if evaluations >= group["max_eval"] or small or still:
                break
        memory.store(state, be, before)
        return first

    def _evaluate(self, closure: Callable[[], Any]) -> Any:
        with enable_grad():
            return closure()

    def _gradient(self) -> Any:
        """All gradients as one vector (elements of all parameters,), zeros where there is none."""
        (group,) = self.param_groups
        xp = group["params"][0].backend.xp
        grads = [xp.zeros_like(p.raw) if p._grad is None else p._grad.raw for p in group["params"]]
        return xp.concatenate([real(g).reshape(-1) for g in grads])

    def _move(self, t: float, d: Any) -> None:
        """p += t * d."""
        at = 0
        for p in self.param_groups[0]["params"]:
            raw = real(p.raw)
            raw += t * d[at : at + raw.size].reshape(raw.shape)
            at += raw.size
            written(p, "LBFGS.step", None, track=False)

    def _search(
        self, closure: Any, start: Point, t: float, d: Any, reach: float, tolerance: float, limit: int
    ) -> tuple[Point, int]:
        """A step length along ``d``; the parameters stay where they are."""
        params = self.param_groups[0]["params"]
        origin = [p.raw.copy() for p in params]

        def evaluate(t: float) -> Point:
            self._move(t, d)
            loss, g = float(self._evaluate(closure)), self._gradient()
            for p, raw in zip(params, origin, strict=True):
                p.raw[...] = raw
                written(p, "LBFGS.step", None, track=False)
            return Point(t, loss, g, float(g @ d))

        return strong_wolfe(evaluate, start, t, reach=reach, tolerance=tolerance, limit=limit)


class _Memory:
    """The last steps and changes of the gradient, under PyTorch's names in the state."""

    def __init__(self, state: State, size: int) -> None:
        self.size = size
        self.ys = [y.raw for y in state.get("old_dirs", ())]
        self.ss = [s.raw for s in state.get("old_stps", ())]
        self.ros = [_raw(ro) for ro in state.get("ro", ())]
        self.scale = _raw(state.get("H_diag", 1))
        self.d, self.g = _raw(state.get("d")), _raw(state.get("prev_flat_grad"))
        self.t = float(state.get("t", 0.0))

    def direction(self, g: Any) -> Any:
        """d = -H g, after the last step was taken into H."""
        if self.g is not None:
            y, s = g - self.g, self.t * self.d
            ys = y @ s
            if ys > 1e-10:  # else the curvature is not that of a minimum
                full = len(self.ys) == self.size
                self.ys = [*self.ys[full:], y]
                self.ss = [*self.ss[full:], s]
                self.ros = [*self.ros[full:], 1.0 / ys]
                self.scale = ys / (y @ y)
        self.g = g
        q, shares = -g, []
        for y, s, ro in zip(reversed(self.ys), reversed(self.ss), reversed(self.ros), strict=True):
            shares.append((s @ q) * ro)
            q -= shares[-1] * y
        q = self.scale * q
        for y, s, ro in zip(self.ys, self.ss, self.ros, strict=True):
            q += (shares.pop() - (y @ q) * ro) * s
        self.d = q
        return q

    def store(self, state: State, be: Any, loss: float) -> None:
        """Writes everything into the state."""
        state["d"], state["t"] = wrap(self.d, be), self.t
        state["old_dirs"] = [wrap(y, be) for y in self.ys]
        state["old_stps"] = [wrap(s, be) for s in self.ss]
        state["ro"] = [wrap(ro, be) for ro in self.ros]
        state["H_diag"] = self.scale if isinstance(self.scale, int) else wrap(self.scale, be)
        state["prev_flat_grad"], state["prev_loss"] = wrap(self.g, be), loss


def _raw(value: Any) -> Any:
    return value.raw if isinstance(value, Tensor) else value
