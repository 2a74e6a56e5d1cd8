"""The figures of the overview: pure reads, each with its definition and the rows behind it."""
