"""What each gateway's messages tell: a module for each source, with the same two or three functions.

    prepare(event, handler, *, clock) -> Said | None
        What is to be recorded, and as of when; the gateway is asked where the message cannot be taken at its
        word. Called with no transaction open. None: it is older than what is known. Raises `GatewayError`.
    record(said, *, actor, now) -> None
        Records it through the services, inside the worker's transaction: no network, nothing but the ORM.
        Raises `Overtaken` where the row has moved on since `prepare`, `Missing` for what must be known first.
    supply(absent, *, clock) -> Said | None
        Optional: what a `Missing` named, asked of the gateway with no transaction open; None where the
        gateway has no such thing.

A new source is a module here, a table in `billing/webhooks/handlers`, and a line in `registry.py`.
"""
