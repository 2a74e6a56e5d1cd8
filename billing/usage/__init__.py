"""What customers used: events, the counters that follow from them, and what is known to be missing."""
