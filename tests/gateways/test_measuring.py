"""Each call to a gateway is counted once, with its operation, its end and its time."""

import pytest

from billing.gateways.errors import Declined, Garbage, GatewayRefused, NotSetUp, Unreachable
from billing.gateways.measuring import measured, operation_of
from billing.metrics import buffer


@pytest.fixture(autouse=True)
def fresh():
    buffer.forget()
    yield
    buffer.forget()


def outcomes() -> list[str]:
    return [words for name, words, _ in buffer.take() if name == "gateway_calls"]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Declined("insufficient_funds", "No.", hard=False), "declined"),
        (GatewayRefused("bad_amount", "No."), "refused"),
        (Unreachable("unreachable", "Nobody knows."), "unreachable"),
        (Garbage("unreadable", "Nobody knows."), "unreachable"),
        (NotSetUp("no_key", "Set it."), "not_set_up"),
        (KeyError("a slip of ours"), "error"),
    ],
)
def test_what_goes_wrong_is_named_and_goes_on(error: Exception, outcome: str) -> None:
    with pytest.raises(type(error)), measured("stripe", "post refunds"):
        raise error
    assert outcomes() == [f'["stripe", "post refunds", "{outcome}"]']


def test_an_answer_is_counted_and_timed_and_may_be_a_refusal() -> None:
    with measured("paypal", "get refunds"):
        pass
    with measured("paypal", "get refunds") as one:
        one.outcome = "refused"
    taken = buffer.take()
    assert taken["gateway_calls", '["paypal", "get refunds", "ok"]', ""] == 1
    assert taken["gateway_calls", '["paypal", "get refunds", "refused"]', ""] == 1
    times = [n for (name, _, part), n in taken.items() if name == "gateway_call_seconds" and part != "sum"]
    assert sum(times) == 2


@pytest.mark.parametrize(
    ("method", "url", "operation"),
    [
        ("post", "/v1/refunds", "post refunds"),
        ("get", "/v1/payment_intents/pi_3SVm2bHqLpQ", "get payment_intents"),
        ("post", "/v1/refunds/re_3SVm2b/cancel", "post refunds cancel"),
        ("POST", "https://api-m.paypal.com/v2/payments/captures/7TK53561YB803214S/refund",
         "post payments captures refund"),
        ("GET", "https://api.yookassa.ru/v3/payments/22d6d597-000f-5000-9000-145f6df21d6f", "get payments"),
    ],
)  # fmt: skip
def test_an_operation_is_the_same_for_every_object(method: str, url: str, operation: str) -> None:
    assert operation_of(method, url) == operation
