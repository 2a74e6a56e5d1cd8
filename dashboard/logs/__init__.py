"""How the site writes its log: one event a line, JSON in production, readable at home, redacted always."""
