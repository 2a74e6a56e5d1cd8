"""What the desk tells the people who work at it."""
