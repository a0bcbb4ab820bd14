"""Waiting for a condition with a deadline. Never for a duration."""
import time

DEADLINE_S = 15.0  # generous: a loaded machine is slow, a broken program never gets there


def wait_until(condition, what, within=DEADLINE_S):
    """Calls condition() until it returns something true, and returns that. Fails naming `what`."""
    end = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {within:g} s: {what}")
        time.sleep(0.02)
