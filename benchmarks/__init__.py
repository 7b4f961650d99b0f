"""Measurements. One file per question; ``python -m benchmarks QUESTION`` runs it."""
