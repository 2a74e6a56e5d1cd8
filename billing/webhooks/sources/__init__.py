"""The gateways' manners at the door: how each signs, and where in its messages the facts stand."""
