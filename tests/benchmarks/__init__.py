"""Benchmarks, run by hand: nothing here is timed in the default tests."""
