"""Tests of Unrolled."""
