"""Halden, a made-up company whose books fill an empty desk."""
