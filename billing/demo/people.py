"""Customers of Halden: who they are, where, and how they pay. All made up; every address is at .example."""

import unicodedata
from datetime import datetime, timedelta
from string import ascii_lowercase

from billing.demo.book import SANDBOX, Book, Row
from billing.demo.places import PLACES, Place
from billing.demo.world import Account, World
from billing.history.actors import Actor
from billing.ids import form_key

__all__ = ["add_card", "arrive", "write_note"]

TAGS = ("vip", "early-adopter", "annual", "education", "non-profit", "migrated", "reference-customer")
CARDS = (("visa", "4242", 52), ("mastercard", "4444", 22), ("amex", "8431", 6), ("visa", "1881", 10),
         ("mastercard", "3222", 7), ("visa", "0077", 3))  # fmt: skip
STREETS = ("Mill Lane", "Harbour Street", "Station Road", "Orchard Way", "Market Square", "Canal Walk")
NOTES = (
    "Asked whether invoices can carry their purchase order number; told them where to set it.",
    "Prefers e-mail to the telephone. Their bookkeeper answers on Tuesdays.",
    "Charged twice in spring after our outage; be generous if it comes up again.",
    "Will move to Business when single sign-on with their own provider works. Follow up next quarter.",
    "Card belongs to the founder. Wants invoices addressed to the company all the same.",
    "Says the VAT number was valid on the day of issue; checked, it was.",
    "Finance there closes on the 25th, so invoices after that wait for the next month.",
    "Complained about the price rise, stayed after the reasons were explained.",
    "Disputed a charge by mistake and withdrew it with their bank. Friendly.",
    "Export for their auditor sent by Ines. They need it every January.",
)


def arrive(world: World, at: datetime) -> Account:
    """A new customer, with identity, key and a card on file (or a bank that pays)."""
    book = world.book
    place = book.random.choices(PLACES, [one.weight for one in PLACES])[0]
    is_business = book.chance(68)
    customer = book.add(
        "customer",
        reference=book.mint.short_reference("CUS"),
        country=place.country,
        currency=place.currency,
        locale=place.locale,
        tags=sorted(book.random.sample(TAGS, 2 if book.chance(15) else 1)) if book.chance(18) else [],
        created_at=at,
    )
    identity = _identity(book, place, customer, is_business)
    account = Account(
        customer, identity, place, is_business, place.currency,
        follows_prices=book.chance(55), pays_by_bank=is_business and book.chance(6),
    )  # fmt: skip
    world.accounts.append(account)
    book.tell("customer", customer, "created", at, Actor("customer", f"customer:{customer['reference']}",
                                                         "The customer"), via="sign-up")  # fmt: skip
    return account


def _identity(book: Book, place: Place, customer: Row, is_business: bool) -> Row:
    random = book.random
    first, last = random.choice(place.firsts), random.choice(place.lasts)
    city = random.choice(place.cities)
    name = f"{last} {first}" if place.country == "JP" else f"{first} {last}"
    if is_business:
        name = random.choice(place.companies).format(last=last, trade=random.choice(place.trades), city=city)
    number = customer["reference"][-4:].lower()
    local = _plain(f"{first}.{last}") or random.choice(("hello", "accounts", "office", "billing"))
    domain = _plain(name.replace(" ", "-"))[:24].strip("-.") or f"customer-{number}"
    email = f"{local}@{domain}.example" if is_business else f"{local}.{number}@post.example"
    book.add("identitykey", customer_id=customer["id"], key=random.randbytes(32))
    return book.add(
        "identity",
        customer_id=customer["id"],
        name=name,
        email=email,
        line1=f"{random.randrange(1, 180)} {random.choice(STREETS)}",
        city=city,
        postal_code=_fill(book, place.postal),
        tax_id=_fill(book, place.tax_id) if is_business and place.tax_id else "",
    )


def add_card(world: World, account: Account, at: datetime) -> Row:
    """A new default card; the one before steps back."""
    book = world.book
    brand, last4 = book.random.choices(
        [(brand, last4) for brand, last4, _ in CARDS], [weight for *_, weight in CARDS]
    )[0]
    if account.method is not None:
        account.method["is_default"] = False
        if book.chance(60):
            account.method["detached_at"] = at
    expires = book.now + timedelta(days=book.random.randrange(-90, 1200))
    if expires < at + timedelta(days=30):
        expires = at + timedelta(days=400)
    account.method = book.add(
        "paymentmethod",
        gateway="sandbox",
        gateway_id=book.gateway_id("sbx_pm"),
        gateway_as_of=at,
        customer_id=account.customer["id"],
        kind="card",
        brand=brand,
        last4=last4,
        exp_month=expires.month,
        exp_year=expires.year,
        fingerprint_hash=book.random.randbytes(32).hex(),
        is_default=True,
        created_at=at,
    )
    book.tell("customer", account.customer, "payment_method_added", at, SANDBOX, brand=brand, last4=last4)
    return account.method


def write_note(world: World, at: datetime, account: Account) -> None:
    book = world.book
    actor = book.support()
    body = book.random.choice(NOTES)
    book.add(
        "customernote",
        customer_id=account.customer["id"],
        body=body,
        author_ref=actor.ref,
        author_name=actor.name,
        form_key=form_key(book.random),
        created_at=at,
    )
    book.tell("customer", account.customer, "note", at, actor)


def _plain(text: str) -> str:
    """The Latin letters of a text, for the left and right of an @."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("ł", "l").replace("ß", "ss").replace("ø", "o"))
    kept = "".join(c for c in plain if c in ascii_lowercase or c in ".-").strip(".-")
    return kept if sum(c in ascii_lowercase for c in kept) >= 4 else ""


def _fill(book: Book, shape: str) -> str:
    return "".join(str(book.random.randrange(10)) if c == "#" else c for c in shape)
