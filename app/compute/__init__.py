"""The only place with caches: shared by all sessions, and never changed.

Keys are values and digests. What is cached is read-only: arrays are frozen, models are not kept.
"""
