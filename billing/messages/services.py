"""What can be done with messages; each verb says what it promises."""

from billing.messages.composing import Preview, preview
from billing.messages.resending import resend
from billing.messages.sending import give_up_on_silent, send
from billing.messages.templates import edit
from billing.messages.writing import cancel, release, retry, write

__all__ = [
    "Preview",
    "cancel",
    "edit",
    "give_up_on_silent",
    "preview",
    "release",
    "resend",
    "retry",
    "send",
    "write",
]
