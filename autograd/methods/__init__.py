"""The operations as methods of ``Tensor``: one line each, by family. What they do stands in ``autograd/ops``."""
