"""What must never be false, asked of the database: `manage.py verify_books`."""
