"""Devices: arrays and kernels, no tensors. Start at ``protocol.py``; ``registry.py`` finds the backend of a device."""
