"""What the desk measures of itself, for Prometheus and for people, and the alerts that come of it."""
