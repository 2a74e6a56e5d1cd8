"""Group commit: messages that arrive at the same moment share one statement, one transaction, one fsync.

    who comes while a lane is free      writes, alone or with whoever came meanwhile
    who comes while all lanes write     waits, and goes with the next batch
    whose batch is written              is answered; the first of those who wait writes the next one

Nobody waits for a clock: a few clients are stored at once, each by itself, because handing a message to
another thread costs more than a statement; the more come beyond that, the fuller the batches are. Each caller
returns only after the statement that holds its message has committed.
"""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock

#: Rows of one statement at most, and statements at one time.
MOST = 100
LANES = 4


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
        self,
        write: Callable[[Sequence[R]], Sequence[A | BaseException]],
        *,
        most: int = MOST,
        lanes: int = LANES,
    ) -> None:
        self._write = write
        self._most = most
        self._mutex = Lock()
        self._waiting: deque[_Place[R, A]] = deque()
        self._free = lanes

    def put(self, row: R) -> A:
        """The answer to this row, once it is written. Raises what became of it otherwise."""
        place: _Place[R, A] = _Place(row)
        with self._mutex:
            leads = self._free > 0
            if leads:
                self._free -= 1
            else:
                self._waiting.append(place)
        if not leads:
            place.woken.acquire()  # with its answer, or with a lane
        if not place.done:
            self._lead(place)
        if place.error is not None:
            raise place.error
        return place.answer  # type: ignore[return-value]

    def _lead(self, first: _Place[R, A]) -> None:
        """Writes the caller's row and those that wait, and gives the lane to the next that waits by then."""
        with self._mutex:
            batch = [
                first,
                *(self._waiting.popleft() for _ in range(min(self._most - 1, len(self._waiting)))),
            ]
        given: Sequence[A | BaseException] = [RuntimeError("The batch was not written.")] * len(batch)
        try:
            given = self._write([place.row for place in batch])
        finally:
            with self._mutex:
                following = self._waiting.popleft() if self._waiting else None
                if following is None:
                    self._free += 1
            if following is not None:
                following.woken.release()
            for place, answer in zip(batch, given, strict=True):
                if isinstance(answer, BaseException):
                    place.error = answer
                else:
                    place.answer = answer
                place.done = True
                if place is not first:
                    place.woken.release()
