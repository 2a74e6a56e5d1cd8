"""What a browser complains of while a test looks elsewhere: always collected, allowed only if expected."""

import re

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

# Said beside every answer above 399, which is counted by its status; htmx repeats it in its own words, and
# tells of a request that a newer one replaced.
NO_NEWS = re.compile(
    r"Failed to load resource: the server responded|Response Status Error Code \d+"
    r"|htmx:(sendAbort|afterRequest), "
)


class Watch:
    """Everything that went wrong in a context: console errors (a CSP violation is one), exceptions of
    scripts, requests that failed, and answers above 399 whose status the test did not announce."""

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        self.expected: set[int] = set()
        context.on("console", self._console)
        context.on("weberror", self._exception)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)

    def expect(self, *statuses: int) -> None:
        """From here on these statuses are what the test is about."""
        self.expected.update(statuses)

    def verdict(self) -> None:
        """Fail with everything that was complained of."""
        assert not self.complaints, "the browser complained:\n" + "\n".join(self.complaints)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not NO_NEWS.search(message.text):
            self.complaints.append(f"console at {_page(message)}: {message.text}")

    def _exception(self, error: WebError) -> None:
        self.complaints.append(f"script: {error.error}")

    def _failed(self, request: Request) -> None:
        # A request that the page dropped by going elsewhere is nobody's fault.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"request {request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.complaints.append(f"{response.status} for {response.request.method} {response.url}")


def _page(message: ConsoleMessage) -> str:
    return message.page.url if message.page else "?"
