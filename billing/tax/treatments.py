"""How a supply is taxed, in the words that stand on invoices and their lines."""

from django.db import models


class Treatment(models.TextChoices):
    """What decided the rate of a line."""

    STANDARD = "standard", "Standard rate"
    REDUCED = "reduced", "Reduced rate"
    REVERSE_CHARGE = "reverse_charge", "Reverse charge"
    EXPORT = "export", "Outside the scope of VAT"
    OSS = "oss", "One-stop-shop"
    EXEMPT = "exempt", "Exempt"
