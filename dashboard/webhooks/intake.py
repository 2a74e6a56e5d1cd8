"""Where gateways tell the desk what happened: no session, no form, only a signature on the raw body."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing.errors import InvalidInput
from billing.gateways.errors import NotSetUp
from billing.webhooks.intake import LARGEST
from billing.webhooks.services import NotSigned, receive
from dashboard.access.declare import public

HEADERS = {"stripe": "Stripe-Signature", "sandbox": "Sandbox-Signature"}


@public("gateways sign each message; what is not signed with our secret is refused and not stored")
@csrf_exempt
@require_POST
def take(request: HttpRequest, source: str) -> HttpResponse:
    """200 once the message is stored, be it the first time or again; 400 for one that is not the gateway's;
    413 for one too large; 503 while the desk has no secret to check with, so that the gateway tries again."""
    said = request.headers.get("Content-Length", "")
    if said.isdigit() and int(said) > LARGEST:
        return JsonResponse({"error": "The message is too large."}, status=413)
    body = request.read(LARGEST + 1)
    if len(body) > LARGEST:
        return JsonResponse({"error": "The message is too large."}, status=413)
    try:
        received = receive(
            source=source,
            body=body,
            signature=request.headers.get(HEADERS[source], ""),
            now=timezone.now(),
        )
    except NotSetUp:
        return JsonResponse({"error": "This desk is not set up to receive messages yet."}, status=503)
    except NotSigned as refusal:
        return JsonResponse({"error": str(refusal)}, status=400)
    except InvalidInput as refusal:
        return JsonResponse({"error": refusal.sentence}, status=400)
    return JsonResponse({"received": True, "duplicate": not received.is_new})
