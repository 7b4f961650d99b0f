"""The command line. An application: it may import everything, and nothing imports it."""
