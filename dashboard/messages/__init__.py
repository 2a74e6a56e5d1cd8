"""The log of what customers were written, and the texts for it."""
