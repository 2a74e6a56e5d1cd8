"""Signed messages as Stripe sends them: a payment intent with its charge, about four kilobytes each."""

import hashlib
import hmac
import json
import time
from typing import Any

SECRET = "whsec_of_the_benchmark_only"  # noqa: S105 (signs nothing but the benchmark's own messages)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def made_id(prefix: str, number: int, run: str) -> str:
    """Of the length and the letters that Stripe's have."""
    digest = hashlib.sha256(f"{prefix}{run}{number}".encode()).digest()
    return f"{prefix}_" + "".join(LETTERS[byte % len(LETTERS)] for byte in digest[:24])


def event(number: int, run: str) -> dict[str, Any]:
    """Distinct for each number of a run."""
    intent = made_id("pi", number, run)
    charge = made_id("ch", number, run)
    customer = made_id("cus", number % 5_000, run)
    address = {"city": "Uppsala", "country": "SE", "line1": "Kungsgatan 14", "postal_code": "753 18"}
    billing = {
        "address": address,
        "email": "mira.lindqvist@example.com",
        "name": "Mira Lindqvist",
        "phone": None,
    }
    card = {
        "brand": "visa",
        "checks": {"address_postal_code_check": "pass", "cvc_check": "pass"},
        "country": "SE",
        "exp_month": 8,
        "exp_year": 2030,
        "fingerprint": "Xt5EWLLDS7FJjR1c",
        "funding": "credit",
        "last4": "4242",
        "network": "visa",
        "three_d_secure": None,
        "wallet": None,
    }
    told = {
        "id": intent,
        "object": "payment_intent",
        "amount": 4900 + number % 100,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 4900 + number % 100,
        "automatic_payment_methods": {"enabled": True},
        "capture_method": "automatic",
        "charges": {
            "object": "list",
            "data": [
                {
                    "id": charge,
                    "object": "charge",
                    "amount": 4900,
                    "balance_transaction": made_id("txn", number, run),
                    "billing_details": billing,
                    "currency": "eur",
                    "paid": True,
                    "payment_method_details": {"card": card, "type": "card"},
                    "receipt_url": f"https://pay.stripe.com/receipts/{charge}/rcpt_{number:024d}",
                }
            ],
        },
        "client_secret": f"{intent}_secret_{number:024d}",
        "confirmation_method": "automatic",
        "created": 1_790_000_000 + number,
        "currency": "eur",
        "customer": customer,
        "description": f"Subscription creation, order {number} for mira.lindqvist@example.com",
        "invoice": made_id("in", number, run),
        "last_payment_error": None,
        "latest_charge": charge,
        "livemode": False,
        "metadata": {"order": str(number), "campaign": "autumn", "note": "Please call before delivery"},
        "payment_method": made_id("pm", number, run),
        "payment_method_options": {"card": {"installments": None, "request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "receipt_email": "mira.lindqvist@example.com",
        "shipping": {"address": address, "name": "Mira Lindqvist"},
        "statement_descriptor": "HALDEN",
        "status": "succeeded",
    }
    return {
        "id": made_id("evt", number, run),
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": 1_790_000_000 + number,
        "data": {"object": told},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": f"req_{number:014d}", "idempotency_key": f"{number:032x}"},
        "type": "payment_intent.succeeded",
    }


def signature(body: bytes, stamp: int) -> str:
    signed = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={signed}"


def request(number: int, run: str, path: str, host: str, secret: str = SECRET) -> bytes:
    """The whole HTTP request, ready to be sent; whose message it is follows from the path."""
    if path.startswith("/webhooks/paypal/"):
        from benchmarks.webhooks.others import paypal_message

        body, headers = paypal_message(number, run)
    elif path.startswith("/webhooks/yookassa/"):
        from benchmarks.webhooks.others import yookassa_message

        body, headers = yookassa_message(number, run)
    else:
        body = json.dumps(event(number, run), indent=2).encode()
        headers = {"Stripe-Signature": signature(body, int(time.time()))}
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)\r\n"
        f"Content-Type: application/json; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        + "\r\n"
    )
    return head.encode() + body
