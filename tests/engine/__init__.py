"""The engine itself: recording, backward, memory, errors, and the tools on top of them."""
