"""The id in the address of the benchmark's dj-stripe site."""

UUID = "5f3a7c1e-6f0e-4a39-9d53-0c1b4f5f7a10"
