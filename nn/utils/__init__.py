"""What models need beside layers: clipping of gradients, packing of sequences, parameters as one vector."""
