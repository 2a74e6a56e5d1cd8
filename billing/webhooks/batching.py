"""Group commit: messages that arrive at the same moment share one statement, one transaction, one fsync.

    who comes while nobody writes       writes, alone or with whoever came meanwhile
    who comes while somebody writes     waits, and goes with the next batch
    whose batch is written              is answered; the first of those who wait writes the next one

Nobody waits for a clock: one client alone is stored at once, and the more come at a time the fuller the
batches are. Each caller returns only after the statement that holds its message has committed.
"""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock

#: Rows of one statement at most.
MOST = 100


class _Place[R, A]:
    """A row in the queue: its lock is let go when it is written, or when it is its turn to write."""

    __slots__ = ("answer", "done", "error", "row", "woken")

    def __init__(self, row: R) -> None:
        self.row = row
        self.done = False
        self.answer: A | None = None
        self.error: BaseException | None = None
        self.woken = Lock()
        self.woken.acquire()


class Batcher[R, A]:
    """Collects what several threads want written. ``write`` gives an answer or an exception for each."""

    def __init__(
        self, write: Callable[[Sequence[R]], Sequence[A | BaseException]], *, most: int = MOST
    ) -> None:
        self._write = write
        self._most = most
        self._mutex = Lock()
        self._waiting: deque[_Place[R, A]] = deque()
        self._busy = False

    def put(self, row: R) -> A:
        """The answer to this row, once it is written. Raises what became of it otherwise."""
        place: _Place[R, A] = _Place(row)
        with self._mutex:
            self._waiting.append(place)
            leads = not self._busy
            self._busy = True
        if not leads:
            place.woken.acquire()
        if not place.done:
            self._lead()
        if place.error is not None:
            raise place.error
        return place.answer  # type: ignore[return-value]

    def _lead(self) -> None:
        """Writes the next batch, in which the caller's row is the first."""
        with self._mutex:
            batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        given: Sequence[A | BaseException] = [RuntimeError("The batch was not written.")] * len(batch)
        try:
            given = self._write([place.row for place in batch])
        finally:
            with self._mutex:
                following = self._waiting[0] if self._waiting else None
                self._busy = following is not None
            if following is not None:
                following.woken.release()
            for place, answer in zip(batch, given, strict=True):
                if isinstance(answer, BaseException):
                    place.error = answer
                else:
                    place.answer = answer
                place.done = True
                place.woken.release()
