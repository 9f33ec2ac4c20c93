"""Unrolled, the page."""
