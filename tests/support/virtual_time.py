"""An event loop whose time is its own, and a flusher without a thread: one seed is one run.

Nothing sleeps: when nothing is ready, time jumps to the next timer. Work for threads runs on the loop, after a delay that
`io_delay_s` draws. Only for code that touches no sockets.
"""

import asyncio
import random
import selectors

from engine.storage.flusher import Flusher


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self):
        super().__init__()
        self.loop = None

    def select(self, timeout=None):
        assert timeout is not None, "nothing is ready, nothing is scheduled: everybody waits for ever"
        self.loop.now += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """See the module; `seed` draws how long disks take."""

    def __init__(self, seed=0):
        self.now = 0.0
        self.random = random.Random(seed)
        selector = _JumpingSelector()
        super().__init__(selector)
        selector.loop = self

    def time(self):
        return self.now

    def io_delay_s(self):
        return self.random.uniform(0.0001, 0.005)

    def call_soon_threadsafe(self, callback, *args, context=None):
        return self.call_soon(callback, *args, context=context)

    def run_in_executor(self, executor, func, *args):
        future = self.create_future()

        def work():
            try:
                result = func(*args)
            except Exception as error:
                if not future.done():
                    future.set_exception(error)
            else:
                if not future.done():
                    future.set_result(result)

        self.call_later(self.io_delay_s(), work)
        return future


class LoopFlusher(Flusher):
    """The flusher's work as timers of a `VirtualLoop`."""

    def start(self):
        return

    def stop(self, timeout_seconds):
        while self.flush_once():
            pass
        return True

    def wake(self):
        self._loop.call_later(self._loop.io_delay_s(), self._work_a_while)

    def _work_a_while(self):
        if self.flush_once():
            self.wake()


class VirtualClock:
    """The engine's `Clock` on a loop's time."""

    def __init__(self, loop, wall_ms=1_700_000_000_000):
        self._loop = loop
        self._wall_ms = wall_ms

    def monotonic(self):
        return self._loop.time()

    def wall_ms(self):
        return self._wall_ms + int(self._loop.time() * 1000)


def run_virtually(main, seed=0):
    """Run the coroutine function `main(loop)` to its end, in no time."""
    loop = VirtualLoop(seed)
    try:
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(main(loop))
    finally:
        asyncio.set_event_loop(None)
        loop.close()
