"""cell0.window: numbers, batches, resends, in the words of the acknowledged path."""
import pytest

import cell0
from cell0.v1 import control_pb2
from cell0.window import Limits, Window, tell

STATUS = control_pb2.PublishOutcome


class Sent:
    """A request as the broker sees it."""

    def __init__(self, encoded):
        self.id, request = encoded[0], control_pb2.Request.FromString(encoded[1])
        self.publish = request.publish

    @property
    def numbers(self):
        return [self.publish.first_n + i for i in range(len(self.publish.envelopes))]

    def answer(self, *statuses, seq=100):
        outcomes = [STATUS(status=s, seq=seq + n, error="no") for s, n in zip(statuses, self.numbers)]
        return control_pb2.PublishAnswer(first_n=self.publish.first_n, outcomes=outcomes)


def window_with(count, size=1, drop_oldest=False, **limits):
    window = Window("test", 7, Limits(**limits), drop_oldest)
    receipts = [cell0.Receipt() for _ in range(count)]
    for receipt in receipts:
        window.push(b"x" * size, receipt)
    return window, receipts


def next_sent(window):
    request = window.next_request()
    return Sent(request) if request else None


def settle(window, sent, status=STATUS.ACCEPTED):
    fine = window.answered(sent.id, sent.answer(*[status] * len(sent.numbers)))
    tell(window.take_settled())
    return fine


def test_events_are_numbered_from_1_in_batches_up_to_the_window():
    window, _ = window_with(5, batch_events=2, requests=2)
    assert next_sent(window).numbers == [1, 2]
    assert next_sent(window).numbers == [3, 4]
    assert next_sent(window) is None, "two requests are unanswered"


def test_a_batch_is_bounded_in_bytes_but_for_a_single_event():
    window, _ = window_with(3, size=10, batch_bytes=15, event_bytes=100)
    assert next_sent(window).numbers == [1]
    window, _ = window_with(1, size=50, batch_bytes=15, event_bytes=100)
    assert next_sent(window).numbers == [1]


def test_an_accepted_event_gives_its_seq_and_leaves():
    window, receipts = window_with(2)
    assert settle(window, next_sent(window))
    assert [r.result(0) for r in receipts] == [101, 102]
    assert len(window) == 0 and window.held_bytes == 0 and window.accepted == 2


def test_what_is_not_answered_is_sent_again_in_order():
    window, _ = window_with(4, batch_events=2)
    first, second = next_sent(window), next_sent(window)
    window.send_again()
    assert next_sent(window).numbers == [1, 2]
    assert next_sent(window).numbers == [3, 4]
    assert first.publish.answered_through == second.publish.answered_through == 0


def test_a_late_answer_still_counts():
    window, receipts = window_with(2)
    sent = next_sent(window)
    window.send_again()
    settle(window, sent)
    assert receipts[0].result(0) == 101
    assert next_sent(window) is None


def test_what_is_settled_in_the_middle_is_not_sent_again():
    window, _ = window_with(4, batch_events=2)
    next_sent(window)
    settle(window, next_sent(window))
    window.send_again()
    assert next_sent(window).numbers == [1, 2]
    assert next_sent(window) is None


def test_answered_through_tells_the_broker_what_it_may_forget():
    window, _ = window_with(4, batch_events=2)
    settle(window, next_sent(window))
    assert next_sent(window).publish.answered_through == 2


@pytest.mark.parametrize("status", [STATUS.UNEXPECTED, STATUS.UNAVAILABLE])
def test_not_now_means_all_of_it_again(status):
    window, receipts = window_with(2)
    assert not settle(window, next_sent(window), status)
    assert not receipts[0].done()
    assert next_sent(window).numbers == [1, 2]


def test_a_rejected_event_uses_its_number_up():
    window, receipts = window_with(3)
    sent = next_sent(window)
    window.answered(sent.id, sent.answer(STATUS.ACCEPTED, STATUS.REJECTED, STATUS.ACCEPTED))
    tell(window.take_settled())
    with pytest.raises(cell0.Rejected, match="no"):
        receipts[1].result(0)
    assert receipts[2].result(0) == 103 and len(window) == 0


def test_of_a_refused_request_only_the_culprit_falls():
    window, receipts = window_with(3)
    window.failed(next_sent(window).id, "too much")
    one = next_sent(window)
    assert one.numbers == [1], "one by one"
    settle(window, one)
    window.failed(next_sent(window).id, "too much")
    tell(window.take_settled())
    with pytest.raises(cell0.Rejected, match="too much"):
        receipts[1].result(0)
    settle(window, next_sent(window))
    assert receipts[2].result(0) == 103
    window.push(b"x", cell0.Receipt())
    window.push(b"x", cell0.Receipt())
    assert next_sent(window).numbers == [4, 5], "in batches again"


def test_a_full_queue_refuses():
    window, _ = window_with(2, held_events=2)
    with pytest.raises(cell0.QueueFull, match="2 events"):
        window.push(b"x", cell0.Receipt())
    window, _ = window_with(1, size=10, held_bytes=15)
    with pytest.raises(cell0.QueueFull):
        window.push(b"x" * 10, cell0.Receipt())


def test_or_drops_the_oldest_that_was_never_sent():
    window, receipts = window_with(3, held_events=3, batch_events=1, requests=1, drop_oldest=True)
    next_sent(window)
    window.push(b"x", cell0.Receipt())
    tell(window.take_settled())
    assert isinstance(receipts[1].exception(0), cell0.Dropped)
    assert not receipts[0].done(), "what is under way stays"
    assert window.dropped == 1


def test_too_large_an_event_is_refused():
    window, _ = window_with(0, event_bytes=10)
    with pytest.raises(cell0.InvalidEvent, match="11 bytes, at most 10"):
        window.push(b"x" * 11, cell0.Receipt())


def test_at_the_end_everything_held_is_dropped():
    window, receipts = window_with(3, batch_events=1, requests=1)
    next_sent(window)
    window.drop_all("over")
    tell(window.take_settled())
    assert all(isinstance(r.exception(0), cell0.Dropped) for r in receipts)
    assert len(window) == 0 and window.held_bytes == 0
