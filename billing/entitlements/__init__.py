"""What a customer may use: their tier's features and quotas, and credits past them."""
