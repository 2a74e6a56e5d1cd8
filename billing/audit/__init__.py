"""Proof that the audit trail is whole: its seal, and who of the staff read personal data."""
