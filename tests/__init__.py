"""Tests, in the tree of what they test; see README.md."""
