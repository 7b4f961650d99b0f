"""What is known about every operation: one file per family, one record per operation; tests/ops runs them all."""
