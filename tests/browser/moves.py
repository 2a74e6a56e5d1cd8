"""What is done on a page before a picture of it is taken, and which rows the pictures are of."""

from playwright.sync_api import Page

from dashboard.staff.demo import DEMO_MEMBERS, DEMO_PASSWORD

MEMBER = f"SELECT id FROM dashboard_member WHERE email = '{DEMO_MEMBERS[0].email}'"

# The payment of the pictures: succeeded, with nothing back yet, of a customer who paid before.
PAYMENT = (
    "SELECT p.reference FROM billing_payment p WHERE p.state = 'succeeded' AND p.currency = 'EUR' "
    "AND p.gateway = 'sandbox' AND p.amount_minor > 5000 AND NOT EXISTS "
    "(SELECT FROM billing_refund r WHERE r.payment_id = p.id) AND NOT EXISTS "
    "(SELECT FROM billing_dispute d WHERE d.payment_id = p.id) ORDER BY p.created_at DESC, p.id LIMIT 1"
)
TO_CHARGE = (
    "SELECT i.reference FROM billing_invoice i JOIN billing_paymentmethod m ON m.customer_id = i.customer_id "
    "WHERE i.state = 'open' AND i.gateway = '' AND m.detached_at IS NULL "
    "ORDER BY i.created_at DESC, i.id LIMIT 1"
)
FAILED_PAYMENT = (
    "SELECT reference FROM billing_payment WHERE state = 'failed' ORDER BY created_at DESC, id LIMIT 1"
)

RUN = "SELECT id FROM billing_run ORDER BY id DESC LIMIT 1"
BILLING_RUN = (
    "SELECT id FROM billing_run WHERE kind = 'billing_run' ORDER BY failed DESC, done DESC, id DESC LIMIT 1"
)
DRY_RUN = "SELECT id FROM billing_run WHERE kind = 'billing_dry_run' ORDER BY done DESC, id DESC LIMIT 1"
TIER = "SELECT slug FROM billing_tier ORDER BY rank DESC, id LIMIT 1"
TIER_PRICE = (
    "SELECT t.slug, p.id FROM billing_price p JOIN billing_tier t ON t.id = p.tier_id "
    "WHERE p.is_active ORDER BY t.rank DESC, p.id LIMIT 1"
)
WEBHOOK = (
    "SELECT id FROM billing_webhookevent WHERE state = 'processed' ORDER BY received_at DESC, id LIMIT 1"
)
DEAD_WEBHOOK = (
    "SELECT id FROM billing_webhookevent WHERE state = 'dead' ORDER BY received_at DESC, id LIMIT 1"
)
FAILED = "SELECT reference FROM billing_refund WHERE state = 'failed' ORDER BY created_at DESC, id LIMIT 1"
WITHDRAWABLE = (
    "SELECT reference FROM billing_refund WHERE state IN ('approved', 'pending_approval') "
    "ORDER BY state DESC, created_at DESC, id LIMIT 1"
)
AUDITED = (
    "SELECT id FROM billing_historyentry WHERE subject_kind = 'refund' AND actor_kind = 'person' "
    "ORDER BY at DESC, id LIMIT 1"
)
UNSEEN = "origin = 'gateway' AND seen_at IS NULL"
# A customer with something of everything: the one with most refunds, then payments.
CUSTOMER = (
    "SELECT c.reference FROM billing_customer c JOIN billing_identity i ON i.customer_id = c.id ORDER BY "
    "(SELECT count(*) FROM billing_refund r WHERE r.customer_id = c.id) DESC, "
    "(SELECT count(*) FROM billing_payment p WHERE p.customer_id = c.id) DESC, c.id LIMIT 1"
)


# The customer of the pictures of usage: of those with several meters, the one with the most events.
METERED = (
    "SELECT c.reference FROM billing_usageevent e JOIN billing_customer c ON c.id = e.customer_id "
    "GROUP BY c.id ORDER BY count(DISTINCT e.meter_id) DESC, count(*) DESC, c.id LIMIT 1"
)

CREDITED_INCIDENT = "SELECT reference FROM billing_incident WHERE state = 'credited' ORDER BY id LIMIT 1"
RECORDED_INCIDENT = "SELECT reference FROM billing_incident WHERE state = 'recorded' ORDER BY id LIMIT 1"

# The account of the pictures: tokens with several lots in use, of a customer who has AI requests too.
CREDIT_ACCOUNT = (
    "SELECT a.id FROM billing_creditaccount a WHERE a.unit = 'tokens' AND EXISTS (SELECT FROM "
    "billing_creditaccount o WHERE o.customer_id = a.customer_id AND o.unit = 'ai_requests') ORDER BY "
    "(SELECT count(*) FROM billing_creditlot l WHERE l.account_id = a.id AND l.is_open AND "
    "(l.expires_at IS NULL OR l.expires_at > now())) DESC, "
    "(SELECT count(*) FROM billing_creditlot l WHERE l.account_id = a.id) DESC, a.id LIMIT 1"
)
CREDIT_DEBT = "SELECT account_id FROM billing_creditlot WHERE source = 'debt' AND is_open ORDER BY id LIMIT 1"
CREDIT_LOT = (
    f"SELECT id FROM billing_creditlot WHERE account_id = ({CREDIT_ACCOUNT}) AND remainder > 0 AND "
    "(expires_at IS NULL OR expires_at > now()) ORDER BY expires_at, id LIMIT 1"
)
CREDIT_USE = (
    f"SELECT id FROM billing_creditentry WHERE account_id = ({CREDIT_ACCOUNT}) AND movement = 'burn' "
    "ORDER BY id DESC LIMIT 1"
)


# A trial whose card another trial has too, and what it shares.
TRIAL_CLUSTER = (
    "SELECT id FROM billing_trialcluster WHERE trials >= 2 "
    "ORDER BY kind = 'card' DESC, trials DESC, id LIMIT 1"
)
SHARING_TRIAL = (
    "SELECT t.reference FROM billing_trialstart t JOIN billing_trialmark m ON m.trial_id = t.id "
    f"WHERE m.cluster_id = ({TRIAL_CLUSTER}) ORDER BY t.started_at DESC, t.id LIMIT 1"
)
COMMITMENT = (
    "SELECT reference FROM billing_commitment WHERE state = 'agreed' AND ends_at > now() "
    "ORDER BY ends_at, id LIMIT 1"
)
CANCELED_COMMITMENT = (
    "SELECT reference FROM billing_commitment WHERE state = 'confirmed' AND ends_at > now() "
    "ORDER BY ends_at, id LIMIT 1"
)
RISKY_COMMITMENT = (
    "SELECT reference FROM billing_commitment WHERE state = 'at_risk' ORDER BY ends_at, id LIMIT 1"
)
UNCOMMITTED = (
    "SELECT s.reference FROM billing_subscription s JOIN billing_subscriptionitem i "
    "ON i.subscription_id = s.id JOIN billing_price p ON p.id = i.price_id "
    "WHERE s.state = 'active' AND s.cancel_at IS NULL AND p.interval_unit = 'month' "
    "AND p.unit_amount_minor > 0 AND NOT EXISTS "
    "(SELECT FROM billing_commitment c WHERE c.subscription_id = s.id) "
    "ORDER BY s.created_at DESC, s.id LIMIT 1"
)

# Subscriptions that our billing run collects: one to change, and one of each that waits, rests or has ended.
OURS = "collected_by = 'us' AND current_period_end > now()"
CHANGEABLE = (
    "SELECT s.reference FROM billing_subscription s JOIN billing_subscriptionitem i "
    "ON i.subscription_id = s.id JOIN billing_price p ON p.id = i.price_id "
    "WHERE s.state = 'active' AND s.cancel_at IS NULL AND s.collected_by = 'us' "
    "AND s.current_period_end > now() + interval '5 days' AND p.unit_amount_minor > 0 AND NOT EXISTS "
    "(SELECT FROM billing_pendingchange c WHERE c.subscription_id = s.id) AND NOT EXISTS "
    "(SELECT FROM billing_commitment c WHERE c.subscription_id = s.id) "
    "ORDER BY s.created_at DESC, s.id LIMIT 1"
)
PLANNED = (
    "SELECT s.reference FROM billing_subscription s JOIN billing_pendingchange c ON c.subscription_id = s.id "
    "WHERE c.applied_at IS NULL AND c.withdrawn_at IS NULL ORDER BY c.id LIMIT 1"
)
RESTING = "SELECT reference FROM billing_subscription WHERE state = 'paused' ORDER BY paused_at, id LIMIT 1"


# Those who are another customer.
MERGED = (
    "SELECT c.reference FROM billing_customer c JOIN billing_customerlink l ON l.customer_id = c.id "
    "WHERE l.undone_at IS NULL ORDER BY l.id LIMIT 1"
)


def newest(noun: str, where: str = "true", *, by: str = "created_at") -> str:
    """The reference of the newest row of a noun, as SQL."""
    return f"SELECT reference FROM billing_{noun} WHERE {where} ORDER BY {by} DESC, id LIMIT 1"


def wrong_password(page: Page) -> None:
    page.locator("input[name=login]").fill("jude.okafor@halden.example")
    page.get_by_label("Password", exact=True).fill("not-the-password")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("alert").or_(page.locator("[aria-invalid=true]")).first.wait_for()


def asked_for_second_step(page: Page) -> None:
    """Nobody of the demo company has a second step: the page leads back to the first."""


def confirm_password(page: Page) -> None:
    """Pages about one's own safety ask who it is first."""
    if "reauthenticate" in page.url:
        page.get_by_label("Password", exact=True).fill(DEMO_PASSWORD)
        page.locator("main form button[type=submit]").first.click()
        page.wait_for_url(lambda url: "reauthenticate" not in url)


def open_peek(page: Page) -> None:
    """The third row, at the side."""
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("p")
    page.locator("#peek header").wait_for()


def select_rows(page: Page) -> None:
    for _ in range(3):
        page.keyboard.press("j")
        page.keyboard.press("x")
    page.locator("#selbar").wait_for()


def ask_for_documents(page: Page) -> None:
    """The PDFs of three invoices, up to the question."""
    select_rows(page)
    page.locator("#selbar [data-bulk]").filter(has_text="Download PDFs").click()
    page.get_by_text("for one zip file").wait_for()


def ask_for_cards(page: Page) -> None:
    """A new card, of three customers, up to the question."""
    select_rows(page)
    page.locator("#selbar [data-bulk]").filter(has_text="Ask for a new card").click()
    page.get_by_text("are asked for a new card").wait_for()


def tag_customers(page: Page) -> None:
    """A bulk action, up to the page of its run with a result for each row."""
    select_rows(page)
    page.locator("#selbar [data-bulk]").filter(has_text="Tag customers").click()
    page.locator("input[name=tag]").fill("Key account")
    page.locator("[data-primary]").click()
    page.wait_for_url("**/runs/**")
    page.get_by_text("Key account").first.wait_for()


def open_palette(page: Page) -> None:
    page.keyboard.press("/")
    page.locator("#palette input[name=q]").fill("ma")
    page.locator("#hits [role=option]").first.wait_for()


def open_refund_dialog(page: Page) -> None:
    """Half typed, so that the right side says what will happen."""
    page.get_by_role("link", name="Refund…").first.click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Amount").fill("24.00")
    dialog.get_by_label("Reason", exact=True).select_option(label="Service disruption")
    dialog.get_by_label("Note for us").fill("Two hours down on Tuesday, as agreed on the telephone.")
    page.get_by_text("24.00 EUR goes back").wait_for()


def open_grant_dialog(page: Page) -> None:
    """Half typed and above support's limit, so that the right side says who is asked."""
    page.get_by_role("link", name="Grant…").first.click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Amount").fill("150,000")
    dialog.get_by_label("Reason").fill("Two days of failed exports, as agreed on the telephone.")
    page.get_by_text("150,000 tokens are granted").wait_for()


def choose_more_seats(page: Page) -> None:
    """Three more seats, so that the right side shows the sums."""
    seats = page.get_by_label("Seats")
    seats.fill(str(int(seats.input_value()) + 3))
    page.get_by_label("Reason").fill("Three people join the team on Monday.")
    page.get_by_text("Remaining time").first.wait_for()


def choose_no_seats(page: Page) -> None:
    """What cannot be is refused while it is typed."""
    page.get_by_label("Seats").fill("10000000")
    page.get_by_text("Seats: a number from 1").first.wait_for()


def open_replay(page: Page) -> None:
    """With what it would change beside the reason."""
    page.get_by_role("link", name="Replay…").first.click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Reason").fill("The database was away in the night; it is back.")


def open_bulk_replay(page: Page) -> None:
    select_rows(page)
    page.locator("#selbar [data-bulk]").filter(has_text="Replay").click()
    page.locator("#dialog").get_by_label("Reason").fill("Sent again after the outage of Friday.")
    page.get_by_text("events are given to the worker again").wait_for()


def send_test_event(page: Page) -> None:
    """Sent, and followed until it has come all the way."""
    page.get_by_role("button", name="Send it").click()
    page.get_by_text("It came all the way").wait_for()


def open_save_view(page: Page) -> None:
    page.get_by_role("link", name="Save view").click()
    page.locator("#dialog form").wait_for()


def take_on(page: Page) -> None:
    """Jude takes a failed refund on, so that there is work to see; then the dialog once more."""
    open_action(page, "Assign…")
    dialog = page.locator("#dialog")
    dialog.locator("#primary").click()
    dialog.wait_for(state="hidden")
    open_action(page, "Follow up…")
    page.locator("#dialog form").wait_for()


def open_action(page: Page, label: str) -> None:
    """From the header, or from the menu that holds what does not fit there."""
    action = page.locator("#page-actions").get_by_role("link", name=label)
    if not action.count() or not action.first.is_visible():
        page.locator("#page-actions summary").last.click()
    action.first.click()
    page.locator("#dialog form").wait_for()


def open_price_change(page: Page) -> None:
    """A dearer price of the tier, typed so far."""
    page.click('a[href*="/price/?of="] >> nth=0')
    page.fill("#id_amount", "39.00")
    page.wait_for_selector("#effects >> text=dearer")


def describe_an_outage(page: Page) -> None:
    """What was out, for six hours of the day before yesterday."""
    from datetime import UTC, datetime, timedelta

    day = datetime.now(UTC) - timedelta(days=2)
    page.locator("#id_title").fill("Exports did not start")
    page.locator("#id_stopped").select_option(label="API calls")
    page.locator("#id_starts_at").fill(f"{day:%Y-%m-%d}T08:00")
    page.locator("#id_ends_at").fill(f"{day:%Y-%m-%d}T14:00")
    page.locator("#id_reason").fill("The queue stood still after the release.")
    page.get_by_text("would get").first.wait_for()


def this_month(page: Page) -> None:
    """The month that the book ends in, which has more to show."""
    page.get_by_role("navigation", name="Month").get_by_role("link").first.click()
    page.wait_for_url("**month=**")
