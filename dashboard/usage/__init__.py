"""What customers used, as the host reported it, and what is known to be missing."""
