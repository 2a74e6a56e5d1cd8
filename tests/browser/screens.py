"""Every screen of the desk that a picture is taken of, and why a few addresses have none.

A new list or page stands here from its first day: tests/house/test_pages_pictured.py fails for an address
that is neither in SCREENS nor in NOT_PICTURED.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Page

from tests.browser import moves

Act = Callable[[Page], None]


@dataclass(frozen=True, slots=True)
class Screen:
    """One picture in two themes and two widths.

    `args` is SQL for the values in the address; `query` follows it; `act` is done before the shutter;
    `book` is "demo", "empty" or "stripe" (an imported account); `guide` names the picture in
    docs/guide/pictures, `readme` in docs/pictures; `leads_to` is the address that `act` ends at.
    """

    name: str
    route: str
    role: str = "finance"
    args: str = ""
    query: str = ""
    act: Act | None = None
    status: int = 200
    book: str = "demo"
    guide: str = ""
    readme: str = ""
    widths: tuple[int, ...] = field(default=(1280, 390))
    leads_to: str = ""


SCREENS: tuple[Screen, ...] = (
    # The door.
    Screen("sign-in", "account_login", role="", guide="sign-in"),
    Screen("sign-in-wrong", "account_login", role="", act=moves.wrong_password),
    Screen("second-step", "mfa_authenticate", role="", act=moves.asked_for_second_step),
    Screen("password-forgotten", "account_reset_password", role=""),
    Screen("password-sent", "account_reset_password_done", role=""),
    Screen("sign-up-closed", "account_signup", role=""),
    Screen("deactivated", "account_inactive", role=""),
    # One's own account.
    Screen("account", "account:index", role="support", guide="account"),
    Screen("second-factor", "mfa_index", role="support", act=moves.confirm_password, guide="second-factor"),
    Screen(
        "authenticator",
        "mfa_activate_totp",
        role="support",
        act=moves.confirm_password,
        guide="authenticator",
    ),
    Screen("passkeys", "mfa_list_webauthn", role="support", act=moves.confirm_password),
    Screen("passkey-new", "mfa_add_webauthn", role="support", act=moves.confirm_password),
    Screen("password-change", "account_change_password", role="support"),
    Screen("confirm-it-is-you", "account_reauthenticate", role="support"),
    Screen("sessions", "usersessions_list", role="support"),
    Screen("sign-out", "account_logout", role="support"),
    # What needs a person, and how the company does.
    Screen("overview", "overview", guide="overview"),
    Screen("overview-support", "overview", role="support"),
    Screen("overview-empty", "overview", role="admin", book="empty"),
    # Customers.
    Screen("customers", "customers:index", role="support", guide="customers"),
    Screen("customers-none", "customers:index", role="support", book="empty"),
    Screen("customer", "customers:show", role="support", args=moves.CUSTOMER, guide="customer"),
    Screen("customer-story", "customers:story", role="support", args=moves.CUSTOMER),
    Screen("customer-note", "customers:note", role="support", args=moves.CUSTOMER),
    Screen("customer-tags", "customers:tags", role="support", args=moves.CUSTOMER),
    Screen(
        "customer-preview", "customers:preview", role="support", args=moves.CUSTOMER, guide="customer-preview"
    ),
    Screen("customer-statement", "statements:show", role="support", args=moves.CUSTOMER),
    # Money.
    Screen("payments", "payments:index", role="support", guide="payments"),
    Screen(
        "payments-peek", "payments:index", role="support", act=moves.open_peek, guide="peek", widths=(1280,)
    ),
    Screen("payments-picked", "payments:index", act=moves.select_rows, guide="selection", widths=(1280,)),
    Screen("payments-narrowed", "payments:index", query="?state=failed&currency=EUR"),
    Screen("payments-nothing", "payments:index", query="?last4=0000"),
    Screen("payments-none", "payments:index", book="empty"),
    Screen("payment", "payments:show", role="support", args=moves.PAYMENT, guide="payment"),
    Screen("payment-failed", "payments:show", role="support", args=moves.FAILED_PAYMENT),
    Screen("payment-unknown", "payments:show", args=moves.newest("payment", "state = 'unknown'")),
    Screen("payment-charge", "payments:charge", args=moves.TO_CHARGE, guide="payment-charge"),
    Screen("payment-look-up", "payments:look_up", args=moves.newest("payment", "state = 'unknown'")),
    Screen("payment-link-new", "payments:link_new", args=moves.TO_CHARGE, guide="payment-link-new"),
    Screen("payment-link", "payments:link", args=moves.newest("paymentlink"), guide="payment-link"),
    Screen("payment-link-revoke", "payments:link_revoke", args=moves.newest("paymentlink")),
    Screen("refunds", "refunds:index", guide="refunds"),
    Screen(
        "refunds-external", "refunds:index", query="?view=external&needs=external", guide="refunds-external"
    ),
    Screen("refunds-peek", "refunds:index", act=moves.open_peek, widths=(1280,), readme="refunds"),
    Screen("refunds-none", "refunds:index", book="empty"),
    Screen("refund", "refunds:show", args=moves.newest("refund", "state = 'succeeded'"), guide="refund"),
    Screen("refund-external", "refunds:show", args=moves.newest("refund", moves.UNSEEN)),
    Screen(
        "refund-failed",
        "refunds:show",
        args=moves.newest("refund", "state = 'failed'"),
        guide="refund-failed",
    ),
    Screen("refund-new", "refunds:new", role="support", args=moves.PAYMENT),
    Screen(
        "refund-dialog",
        "payments:show",
        role="support",
        args=moves.PAYMENT,
        act=moves.open_refund_dialog,
        guide="refund-dialog",
    ),
    Screen("refund-choose", "refunds:choose", role="support", query="?q=marchetti"),
    Screen("refund-seen", "refunds:seen", args=moves.newest("refund", moves.UNSEEN)),
    Screen("refund-withdraw", "refunds:withdraw", args=moves.WITHDRAWABLE),
    Screen("invoices", "invoices:index", guide="invoices"),
    Screen("invoices-overdue", "invoices:index", query="?view=overdue&overdue=yes&sort=due"),
    Screen("invoices-none", "invoices:index", book="empty"),
    Screen("invoice", "invoices:show", args=moves.newest("invoice", "state = 'paid'"), guide="invoice"),
    Screen(
        "invoice-refund", "refunds:of_invoice", role="support", args=moves.newest("invoice", "state = 'paid'")
    ),
    Screen("credit-notes", "credit_notes:index", guide="credit-notes"),
    Screen("credit-notes-none", "credit_notes:index", book="empty"),
    Screen(
        "credit-note",
        "credit_notes:show",
        args=moves.newest("creditnote", by="issued_at"),
        guide="credit-note",
    ),
    Screen("invoice-open", "invoices:show", args=moves.newest("invoice", "state = 'open'")),
    Screen(
        "invoice-draft",
        "invoices:show",
        args=moves.newest("invoice", "state = 'draft'"),
        guide="invoice-draft",
    ),
    Screen("invoice-void", "invoices:void", args=moves.newest("invoice", "state = 'open'")),
    Screen(
        "invoice-correct",
        "invoices:correct",
        args=moves.newest("invoice", "state = 'open'"),
        guide="invoice-correct",
    ),
    Screen(
        "invoice-outside",
        "invoices:outside",
        args=moves.newest("invoice", "state = 'open'"),
        guide="invoice-outside",
    ),
    Screen("invoice-finalise", "invoices:finalise", args=moves.newest("invoice", "state = 'draft'")),
    Screen("invoice-discard", "invoices:discard", args=moves.newest("invoice", "state = 'draft'")),
    Screen("approvals", "approvals:index", guide="approvals"),
    Screen("approvals-none", "approvals:index", book="empty"),
    Screen(
        "approval",
        "approvals:show",
        args=moves.newest("approval", "state = 'requested'", by="asked_at"),
        guide="approval",
    ),
    Screen(
        "approval-done", "approvals:show", args=moves.newest("approval", "state = 'executed'", by="asked_at")
    ),
    Screen(
        "approval-yes",
        "approvals:approve",
        args=moves.newest("approval", "state = 'requested'", by="asked_at"),
        guide="approve",
    ),
    Screen(
        "approval-no", "approvals:reject", args=moves.newest("approval", "state = 'requested'", by="asked_at")
    ),
    Screen(
        "approval-withdraw",
        "approvals:withdraw",
        role="support",
        args=moves.newest("approval", "state = 'requested'", by="asked_at"),
    ),
    # What customers are written.
    Screen("messages", "messages:index", role="support", guide="messages"),
    Screen("message", "messages:show", role="support", args=moves.newest("message")),
    Screen("message-again", "messages:resend", role="support", args=moves.newest("message")),
    Screen("message-texts", "messages:templates", role="admin"),
    Screen("message-text-versions", "messages:versions", role="admin", args="SELECT 'refund_promised', 'de'"),
    Screen(
        "message-text",
        "messages:template",
        role="admin",
        args="SELECT 'refund_promised', 'de'",
        guide="message-text",
    ),
    Screen(
        "message-about-refund",
        "messages:about_refund",
        role="support",
        args=moves.newest("refund", "state = 'succeeded'"),
    ),
    Screen("limits", "approvals:limits", role="admin", guide="limits"),
    Screen(
        "limit",
        "approvals:limit",
        role="admin",
        args="SELECT 'support', 'refund', 'EUR'",
    ),
    Screen("credits", "credits:index", role="support", guide="credits"),
    Screen("credits-none", "credits:index", role="support", book="empty"),
    Screen("credits-debt", "credits:index", query="?view=debt&debt=yes"),
    Screen("credits-peek", "credits:index", act=moves.open_peek, widths=(1280,)),
    Screen(
        "credits-by-hand",
        "credits:by_hand",
        role="auditor",
        query="?view=goodwill&movement=grant&source=goodwill",
        guide="credits-by-hand",
    ),
    Screen("credit", "credits:show", role="support", args=moves.CREDIT_ACCOUNT, guide="credit"),
    Screen("credit-debt", "credits:show", role="support", args=moves.CREDIT_DEBT),
    Screen("credit-give", "credits:give", role="support", args=moves.CUSTOMER),
    Screen(
        "credit-dialog",
        "credits:show",
        role="support",
        args=moves.CREDIT_ACCOUNT,
        act=moves.open_grant_dialog,
        guide="credit-dialog",
        widths=(1280,),
    ),
    Screen("credit-take-back", "credits:take_back", role="support", args=moves.CREDIT_LOT),
    Screen("credit-move-end", "credits:move_expiry", role="support", args=moves.CREDIT_LOT),
    Screen("credit-transfer", "credits:transfer", role="support", args=moves.CREDIT_ACCOUNT),
    Screen("credit-undo", "credits:reverse", role="support", args=moves.CREDIT_USE),
    Screen("disputes", "disputes:index"),
    Screen("dispute", "disputes:show", args=moves.newest("dispute")),
    Screen("payment-allocate", "payments:allocate", args=moves.newest("payment")),
    Screen("dispute-prepared", "disputes:prepared", args=moves.newest("dispute")),
    Screen("payouts", "payouts:index"),
    Screen("payout", "payouts:show", args=moves.newest("payout", "state = 'paid'")),
    Screen("subscriptions", "subscriptions:index"),
    Screen("subscription", "subscriptions:show", args=moves.newest("subscription")),
    Screen("subscription-planned", "subscriptions:show", args=moves.PLANNED, guide="subscription-planned"),
    Screen("subscription-paused", "subscriptions:show", args=moves.RESTING),
    Screen(
        "subscription-change",
        "subscriptions:change",
        args=moves.CHANGEABLE,
        act=moves.choose_more_seats,
        guide="subscription-change",
    ),
    Screen(
        "subscription-change-refused",
        "subscriptions:change",
        args=moves.CHANGEABLE,
        act=moves.choose_no_seats,
    ),
    Screen("subscription-cancel", "subscriptions:cancel", args=moves.CHANGEABLE),
    Screen("subscription-pause", "subscriptions:pause", args=moves.CHANGEABLE, guide="subscription-pause"),
    Screen("subscription-resume", "subscriptions:resume", args=moves.RESTING),
    Screen("subscription-date", "subscriptions:move_date", args=moves.CHANGEABLE),
    Screen("subscription-undo", "subscriptions:undo_change", args=moves.PLANNED),
    Screen(
        "subscription-go-on",
        "subscriptions:undo_cancel",
        args=moves.newest("subscription", f"state = 'active' AND cancel_at > now() AND {moves.OURS}"),
    ),
    Screen(
        "subscription-trial",
        "subscriptions:extend_trial",
        args=moves.newest("subscription", f"state = 'trialing' AND {moves.OURS}"),
    ),
    Screen(
        "subscription-restart",
        "subscriptions:restart",
        args=moves.newest("subscription", "state = 'canceled' AND collected_by = 'us'"),
    ),
    Screen("subscription-start", "subscriptions:start", args=moves.CUSTOMER, guide="subscription-start"),
    Screen("trials", "trials:index", role="support", guide="trials"),
    Screen("trials-none", "trials:index", role="support", book="empty"),
    Screen("trial", "trials:show", role="support", args=moves.SHARING_TRIAL, guide="trial"),
    Screen("trial-clusters", "trials:clusters", guide="trial-clusters"),
    Screen("trial-clusters-none", "trials:clusters", book="empty"),
    Screen("trial-cluster", "trials:cluster", args=moves.TRIAL_CLUSTER, guide="trial-cluster"),
    Screen("trial-conversion", "trials:conversion", guide="trial-conversion"),
    Screen("trial-conversion-none", "trials:conversion", book="empty"),
    Screen("commitments", "commitments:index", guide="commitments"),
    Screen("commitments-none", "commitments:index", book="empty"),
    Screen("commitments-peek", "commitments:index", act=moves.open_peek, widths=(1280,)),
    Screen("commitment", "commitments:show", args=moves.RISKY_COMMITMENT, guide="commitment"),
    Screen("commitment-new", "commitments:new", args=moves.UNCOMMITTED, guide="commitment-new"),
    Screen("commitment-cancel", "commitments:cancel", args=moves.COMMITMENT, guide="commitment-cancel"),
    Screen("commitment-undo", "commitments:undo", args=moves.CANCELED_COMMITMENT),
    Screen("commitment-set-again", "commitments:set_again", args=moves.RISKY_COMMITMENT),
    Screen("commitment-release", "commitments:release", args=moves.COMMITMENT),
    # From outside.
    Screen("billing-runs", "billing_runs:index", guide="billing-runs"),
    Screen("billing-runs-none", "billing_runs:index", book="empty"),
    Screen("billing-due", "billing_runs:due", guide="billing-due"),
    Screen("billing-run-new", "billing_runs:new", guide="billing-run-new"),
    Screen("billing-dry-new", "billing_runs:dry", guide="billing-dry-new"),
    Screen("billing-run", "billing_runs:show", args=moves.BILLING_RUN, guide="billing-run"),
    Screen("billing-dry-run", "billing_runs:show", args=moves.DRY_RUN, guide="billing-dry-run"),
    Screen("imports", "imports:index", guide="imports"),
    Screen("imports-none", "imports:index", book="empty"),
    Screen("import-new", "imports:new", book="stripe", guide="import-new"),
    Screen("import", "imports:show", args=moves.RUN, book="stripe", guide="import"),
    Screen("run", "payments:index", act=moves.tag_customers, widths=(1280,), leads_to="runs:show"),
    Screen("webhooks", "webhooks:index", guide="webhooks"),
    Screen("webhooks-none", "webhooks:index", book="empty"),
    Screen("webhooks-peek", "webhooks:index", act=moves.open_peek, widths=(1280,)),
    Screen("webhook", "webhooks:show", args=moves.WEBHOOK),
    Screen("webhook-dead", "webhooks:show", args=moves.DEAD_WEBHOOK, guide="webhook-dead"),
    Screen(
        "webhook-replay",
        "webhooks:show",
        args=moves.DEAD_WEBHOOK,
        act=moves.open_replay,
        guide="webhook-replay",
    ),
    Screen("webhook-replay-page", "webhooks:replay", args=moves.DEAD_WEBHOOK),
    Screen("webhook-ignore", "webhooks:ignore", args=moves.DEAD_WEBHOOK),
    Screen(
        "webhooks-bulk", "webhooks:index", act=moves.open_bulk_replay, guide="webhooks-bulk", widths=(1280,)
    ),
    Screen("endpoints", "webhooks:endpoints", guide="endpoints"),
    Screen("endpoints-none", "webhooks:endpoints", book="empty"),
    Screen(
        "test-event",
        "webhooks:test",
        act=moves.send_test_event,
        guide="test-event",
        leads_to="webhooks:watch",
    ),
    Screen("test-event-ask", "webhooks:test"),
    # What is sold.
    Screen("catalog", "catalog:index", role="admin", guide="catalog"),
    Screen("tier", "catalog:show", role="admin", args=moves.TIER),
    # One's own work.
    Screen(
        "work-assign", "refunds:show", role="support", args=moves.FAILED, act=moves.take_on, widths=(1280,)
    ),
    Screen("work", "work:index", role="support", guide="work"),
    # Machinery.
    Screen(
        "view-save",
        "payments:index",
        query="?state=failed",
        act=moves.open_save_view,
        guide="view-save",
        widths=(1280,),
    ),
    Screen("palette", "payments:index", role="support", act=moves.open_palette, guide="palette"),
    Screen("find", "find:index", role="support", query="?q=Ma"),
    Screen("kit", "parts:kit", role="admin"),
    Screen("kit-list", "parts:kit_list", role="admin"),
    # What happened, who read what, and the proof of it.
    Screen("audit", "audit:index", role="auditor", query="?view=people&by=person"),
    Screen("audit-goodwill", "audit:index", role="auditor", query="?action=credits/goodwill"),
    Screen("audit-entry", "audit:show", role="auditor", args=moves.AUDITED),
    Screen("audit-reads", "audit:reads", role="auditor"),
    Screen("audit-outside", "audit:outside", role="auditor"),
    Screen("audit-seals", "audit:seals", role="auditor"),
    Screen("access-review", "audit:access", role="auditor"),
    # Who works here, and how the desk does.
    Screen("usage", "usage:index", guide="usage"),
    Screen("usage-customer", "usage:show", args=moves.CUSTOMER, guide="usage-customer"),
    Screen("usage-gaps", "usage:gaps", role="finance", guide="usage-gaps"),
    Screen("usage-gap-note", "usage:note", role="finance"),
    Screen("api-keys", "api:index", role="admin", guide="api-keys"),
    Screen("api-key-new", "api:new", role="admin", guide="api-key-new"),
    Screen("staff", "staff:index", role="admin", guide="staff"),
    Screen("member", "staff:show", role="admin", args=moves.MEMBER, guide="member"),
    Screen("member-new", "staff:new", role="admin", guide="member-new"),
    Screen("member-roles", "staff:roles", role="admin", args=moves.MEMBER),
    Screen("member-deactivate", "staff:deactivate", role="admin", args=moves.MEMBER),
    Screen("health", "health:index", role="admin"),
    Screen("alerts", "metrics:index", role="admin"),
    # What goes wrong.
    Screen("refused", "staff:index", role="support", status=403, guide="refused"),
    Screen("not-found", "find:index", role="support", query="../nothing-here/", status=404),
)

NOT_PICTURED: dict[str, str] = {
    "paying:pay": "its address is signed; tests/dashboard/paying reads it",
    "paying:begin": "takes a form only",
    "paying:check": "takes a form only",
    "sandbox:pay": "a page of the sandbox gateway's, made when somebody pays by a link",
    "paying:show": "its address is signed; tests/dashboard/paying reads it",
    "overview_card": "a part of the overview",
    "overview_counted": "a file",
    "overview_movements": "a part of the overview",
    "overview_rows": "a part of the overview",
    "messages:retry": "nothing fails in the demo, which sends nothing",
    "disputes:evidence": "a file",
    "credit_notes:pdf": "a file",
    "invoices:pdf": "a file",
    "billing_runs:progress": "a part of a billing run's page",
    "billing_runs:pause": "takes a form only",
    "billing_runs:resume": "takes a form only",
    "billing_runs:retry": "takes a form only",
    "billing_runs:cancel": "takes a form only",
    "imports:progress": "a part of an import's page",
    "imports:cancel": "takes a form only",
    "imports:resume": "takes a form only",
    "webhooks:stripe": "for Stripe",
    "webhooks:sandbox": "for the sandbox",
    "webhooks:paypal": "for PayPal",
    "webhooks:paypal_endpoint": "for PayPal",
    "webhooks:yookassa": "for YooKassa",
    "webhooks:yookassa_endpoint": "for YooKassa",
    "webhooks:stripe_endpoint": "for Stripe",
    "webhooks:sandbox_endpoint": "for the sandbox",
    "lists:bulk": "a dialog of lists with bulk actions",
    "work:assign": "pictured as a dialog of a refund, as are its siblings",
    "work:snooze": "a sibling of assigning",
    "work:follow_up": "a sibling of assigning",
    "work:done": "takes a form only",
    "work:release": "takes a form only",
    "work:wake": "takes a form only",
    "audit:change": "a change made by SQL, which the demo has none of",
    "audit:access_csv": "a file",
    "audit:access_pdf": "a file",
    "runs:progress": "a part of a run's page",
    "runs:pause": "takes a form only",
    "runs:resume": "takes a form only",
    "runs:cancel": "takes a form only",
    "runs:retry": "takes a form only",
    "parts:counts": "the sidebar's counts, a part of every page",
    "parts:theme": "takes a form only",
    "parts:token": "a form's token, no page",
    "parts:kit_dialog": "stands in the kit",
    "parts:kit_peek": "stands in the kit",
    "lists:save": "a dialog of every list",
    "lists:edit": "a dialog of every list",
    "lists:delete": "takes a form only",
    "usage:close": "the twin of noting a gap",
    "api:revoke": "the twin of deactivating a member",
    "api:api-v1:openapi-json": "a description for programs",
    "api:api-v1:api-root": "an address for programs",
    "api:api-v1:plans": "answers programs",
    "api:api-v1:me": "answers programs",
    "api:api-v1:can_use": "answers programs",
    "api:api-v1:allowance": "answers programs",
    "api:api-v1:record_usage": "answers programs",
    "api:api-v1:start_trial": "answers programs",
    "api:api-v1:start_checkout": "answers programs",
    "staff:reactivate": "the twin of deactivating, for a member who is deactivated",
    "staff:invitation": "takes a form only",
    "health:summary": "for machines",
    "health:live": "for machines",
    "metrics:scrape": "for machines",
    "metrics:scrape_with_slash": "for machines",
    "metrics:acknowledge": "takes a form only",
    "account:end_session": "takes a form only",
    "account_email": "leads back to the account",
    "account_email_verification_sent": "members' addresses are vouched for by an admin",
    "account_confirm_email": "members' addresses are vouched for by an admin",
    "account_set_password": "leads to the change of password, for a member who has one",
    "account_confirm_login_code": "signing in by code is off",
    "account_reset_password_from_key": "opened from a mail, once",
    "account_reset_password_from_key_done": "leads on from a mail",
    "mfa_reauthenticate": "for a member with a second factor; twin of confirm-it-is-you",
    "mfa_deactivate_totp": "for a member with a second factor",
    "mfa_view_recovery_codes": "shows secrets",
    "mfa_generate_recovery_codes": "for a member with a second factor",
    "mfa_download_recovery_codes": "a file of secrets",
    "mfa_reauthenticate_webauthn": "needs a passkey",
    "mfa_remove_webauthn": "needs a passkey",
    "mfa_edit_webauthn": "needs a passkey",
    "mfa_login_webauthn": "needs a passkey",
}


def routes() -> set[str]:
    """The names of addresses that pictures are taken of."""
    return {screen.leads_to or screen.route for screen in SCREENS}
