"""PyTorch's ``torch.utils.model_zoo``: an older name of ``hub``."""

from __future__ import annotations

from autograd.hub import load_state_dict_from_url as load_url

__all__ = ["load_url"]
