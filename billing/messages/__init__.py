"""Mail to customers: templates in their language, and a log of what was written to whom."""
