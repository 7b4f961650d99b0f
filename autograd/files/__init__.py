"""The formats of files: safetensors, and PyTorch's; ``autograd.serialization`` is the door to both."""
