# Part of the SPP attendance suite. LGPL-3.
"""How often a known device may ask, counted in the memory of the process that answers it."""

import time
from collections import OrderedDict


class RequestRate:
    """Counts requests per key in windows of fixed length.

    A device that is known is let in by its database row; this only keeps one that went wild from taking a worker for
    itself. So it costs no query, and each worker process counts on its own.

    :param float seconds: length of a window
    :param int remembered: how many keys are kept; those not heard for longest are forgotten first
    """

    def __init__(self, seconds=60, remembered=10_000, clock=time.monotonic):
        self._seconds = seconds
        self._remembered = remembered
        self._clock = clock
        self._windows = OrderedDict()  # key -> [end of the window, requests in it]

    def count(self, key, limit):
        """Count one request.

        :param key: who asks; hashable
        :param int limit: how many requests of one window are accepted
        :return: 0.0 when it is one of them, otherwise the seconds (float) until the next window
        """
        now = self._clock()
        window = self._windows.pop(key, None)
        if window is None or window[0] <= now:
            window = [now + self._seconds, 0]
        window[1] += 1
        self._windows[key] = window
        while len(self._windows) > self._remembered:
            self._windows.popitem(last=False)
        return window[0] - now if window[1] > limit else 0.0
