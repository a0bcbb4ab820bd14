"""Performance: what a program's operations cost, and what its process uses, told at intervals (Coda's
WebSocketPerfIntegration).

    with cell0.Performance(emit, interval_s=5.0) as perf:
        with perf.time_operation("stt", "transcribe"):
            ...
"""
import os
import threading
import time

from .calls import TimedOperation
from .errors import QueueFull


class Performance:
    """Publishes a latency_trace for each operation; every `interval_s` a component_timing for each component that had
    some (count, mean, min and max of each operation, in ms) and a system_metrics of this process, out of /proc."""

    def __init__(self, emitter, interval_s=5.0):
        self._emit, self._interval_s = emitter, interval_s
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._timings = {}  # component -> operation -> [durations in ms]
        self._began, self._cpu, self._cpu_at = time.monotonic(), time.process_time(), time.monotonic()
        self._thread = None

    def start(self):
        self._thread = threading.Thread(target=self._run, name="cell0 performance", daemon=True)
        self._thread.start()

    def stop(self):
        """Tells what has gathered, and ends."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
            self.publish()

    def time_operation(self, component, operation, metadata=None):
        """A context, also for `async with`."""
        return TimedOperation(lambda ms: self.track_operation(component, operation, ms, metadata))

    def track_operation(self, component, operation, duration_ms, metadata=None):
        with self._lock:
            self._timings.setdefault(component, {}).setdefault(operation, []).append(duration_ms)
        return self._emit.track_operation(component, operation, duration_ms, metadata)

    def publish(self):
        """What has gathered since the last time, now."""
        with self._lock:
            timings, self._timings = self._timings, {}
        for component, operations in timings.items():
            self._emit.component_timing(component, {
                name: {"count": len(ms), "mean_ms": sum(ms) / len(ms), "min_ms": min(ms), "max_ms": max(ms)}
                for name, ms in operations.items()})
        self._emit.system_metrics(memory_mb=_resident_mb(), cpu_percent=self._cpu_percent(),
                                  uptime_seconds=time.monotonic() - self._began)

    def _cpu_percent(self):
        """Of all processors, since the last time."""
        cpu, now = time.process_time(), time.monotonic()
        used, passed = cpu - self._cpu, now - self._cpu_at
        self._cpu, self._cpu_at = cpu, now
        return min(100.0, 100.0 * used / passed / (os.cpu_count() or 1)) if passed > 0 else 0.0

    def _run(self):
        while not self._stop.wait(self._interval_s):
            try:
                self.publish()
            except QueueFull:
                pass  # the broker is away; the next figures say more than these

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    async def __aenter__(self):
        return self.__enter__()

    async def __aexit__(self, *_):
        self.stop()


def _resident_mb():
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
