"""The audit trail's screens: what happened, who read what, the seal, and who may do what."""
