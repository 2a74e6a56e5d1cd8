"""Lists: a screen is a few declarations, the machinery is here. docs/lists.md has one to copy."""
