"""What `make` runs on one's own machine: the environment, the embedded server, the run itself."""
