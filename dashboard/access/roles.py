"""The four roles and what each may do: the one table that views, templates and groups obey.

A permission "refunds.issue" is Django's permission `issue` under the label `refunds`, so that
`member.has_perm("refunds.issue")` and `{% if perms.refunds.issue %}` work, and each group shows what it
holds. `migrate` makes the groups equal to this table (see `dashboard.access.groups`).
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Role:
    """A role is a group of the same name. `does` says in a sentence who sits in it."""

    name: str
    label: str
    does: str


ROLES: tuple[Role, ...] = (
    Role("support", "Support", "Helps customers: reads accounts and money, writes notes, refunds."),
    Role("finance", "Finance", "Closes the month: reads everything, refunds, imports, exports."),
    Role("admin", "Admin", "Runs the desk: everything, and who works here."),
    Role("auditor", "Auditor", "Reads and exports everything, changes nothing."),
)

S, F, A, R = "support", "finance", "admin", "auditor"

PERMISSIONS: dict[str, tuple[str, frozenset[str]]] = {
    # permission             what it lets one do                        support finance admin auditor
    "customers.view": ("see customers", frozenset({S, F, A, R})),
    "customers.note": ("write notes and tags on customers", frozenset({S, F, A})),
    "customers.merge": ("merge customers who are one, and separate them", frozenset({F, A})),
    "subscriptions.view": ("see subscriptions", frozenset({S, F, A, R})),
    "subscriptions.manage": ("start, change, pause and end subscriptions", frozenset({S, F, A})),
    "trials.view": ("see trials and what they share", frozenset({S, F, A, R})),
    "commitments.view": ("see commitments", frozenset({S, F, A, R})),
    "commitments.manage": ("agree on commitments, cancel and release them", frozenset({S, F, A})),
    "credits.view": ("see credits", frozenset({S, F, A, R})),
    "credits.grant": ("grant, take back and move credits", frozenset({S, F, A})),
    "invoices.view": ("see invoices", frozenset({S, F, A, R})),
    "invoices.change": ("issue, void, correct and settle invoices", frozenset({F, A})),
    "invoices.write_off": ("write off what will not be paid", frozenset({F, A})),
    "payments.view": ("see payments", frozenset({S, F, A, R})),
    "refunds.view": ("see refunds", frozenset({S, F, A, R})),
    "refunds.issue": ("refund a payment", frozenset({S, F, A})),
    "approvals.view": ("see requests for approval", frozenset({S, F, A, R})),
    "approvals.decide_refunds": ("decide refunds above somebody's limit", frozenset({F, A})),
    "approvals.decide_credits": ("decide credits above somebody's limit", frozenset({F, A})),
    "approvals.decide_write_offs": ("decide write-offs above somebody's limit", frozenset({F, A})),
    "approvals.set_limits": ("set up to how much each role may do alone", frozenset({A})),
    "refunds.see_external": ("mark refunds made at a gateway as seen", frozenset({F, A})),
    "messages.view": ("see what was written to customers", frozenset({S, F, A, R})),
    "messages.resend": ("send a message to a customer again", frozenset({S, F, A})),
    "messages.edit_templates": ("edit what customers are written", frozenset({A})),
    "disputes.view": ("see disputes", frozenset({S, F, A, R})),
    "disputes.answer": ("prepare and take out the evidence for a dispute", frozenset({S, F, A})),
    "payments.allocate": ("apply a payment to invoices and take it off again", frozenset({F, A})),
    "billing_runs.view": ("see billing runs and what is due", frozenset({S, F, A, R})),
    "billing_runs.run": ("start, hold and end billing runs", frozenset({F, A})),
    "payments.charge": ("charge an invoice and make links to pay one", frozenset({S, F, A})),
    "payouts.view": ("see payouts", frozenset({S, F, A, R})),
    "catalog.view": ("see tiers and prices", frozenset({S, F, A, R})),
    "catalog.edit": ("change tiers, prices and packages", frozenset({A})),
    "webhooks.view": ("see what gateways reported", frozenset({S, F, A, R})),
    "webhooks.replay": ("replay or ignore what gateways reported", frozenset({F, A})),
    "webhooks.test": ("send a test event", frozenset({F, A})),
    "imports.view": ("see imports", frozenset({F, A, R})),
    "imports.run": ("start and stop an import", frozenset({F, A})),
    "reports.view": ("see reports and figures", frozenset({S, F, A, R})),
    "exports.run": ("export rows", frozenset({F, A, R})),
    "views.share": ("share a saved view with a role", frozenset({S, F, A})),
    "work.assign": ("assign, snooze and follow up on work", frozenset({S, F, A})),
    "health.view": ("see how the system is doing", frozenset({F, A, R})),
    "audit.view": ("see the audit trail and who read what", frozenset({F, A, R})),
    "audit.export": ("take the access review out of the desk", frozenset({F, A, R})),
    "api.view": ("see API keys", frozenset({A, R})),
    "api.manage": ("make and revoke API keys", frozenset({A})),
    "usage.view": ("see what customers used", frozenset({S, F, A, R})),
    "usage.gaps": ("note and close gaps in what was reported", frozenset({F, A})),
    "staff.view": ("see who works here", frozenset({A, R})),
    "staff.manage": ("invite members, change their roles, deactivate them", frozenset({A})),
}


def may(member: Any, permission: str) -> bool:
    """Whether this member may. Asking for a permission that is not in the table is a bug: KeyError."""
    PERMISSIONS[permission]
    return bool(member.is_authenticated and member.has_perm(permission))


def roles_that_may(*permissions: str) -> list[Role]:
    """The roles that hold at least one of the permissions, in the table's order."""
    holders = frozenset().union(*(PERMISSIONS[permission][1] for permission in permissions))
    return [role for role in ROLES if role.name in holders]


def role(name: str) -> Role:
    return next(found for found in ROLES if found.name == name)
