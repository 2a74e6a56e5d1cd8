"""What the desk counts about its own work, one sum for all its processes."""
