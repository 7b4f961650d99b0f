"""Programs as people write them for PyTorch; run as they are, and with ``torch`` replaced in their import lines.

Each has ``build()``, which makes the model, and ``run(model)``, which trains it and returns what is compared.
"""
