"""The first screen: what needs a person now, and how the company is doing."""
