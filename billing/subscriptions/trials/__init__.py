"""Trials: one for each customer, e-mail address and card, and what becomes of them.

`claim_trial` is called by whoever starts a subscription with one, `what_becomes_of` by whoever renews it.
"""

from billing.subscriptions.trials.claiming import claim_trial, policy, why_no_trial
from billing.subscriptions.trials.ending import due_trials, end_due_trials, what_becomes_of
from billing.subscriptions.trials.following import attach, follow_trials, settle_trials
from billing.subscriptions.trials.marking import forget_old_addresses, forget_trial_marks, note_cards

__all__ = [
    "attach",
    "claim_trial",
    "due_trials",
    "end_due_trials",
    "follow_trials",
    "forget_old_addresses",
    "forget_trial_marks",
    "note_cards",
    "policy",
    "settle_trials",
    "what_becomes_of",
    "why_no_trial",
]
