"""Every operation through one harness, and random programs of them."""
