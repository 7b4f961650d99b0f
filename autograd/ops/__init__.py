"""Operations that PyTorch documents as ``torch.x`` or ``Tensor.x``, by family."""
