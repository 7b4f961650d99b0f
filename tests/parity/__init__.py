"""The public surface against PyTorch's: names, signatures, forms, edge cases and whole programs."""
