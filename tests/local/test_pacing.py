"""Lambda's bandwidth as a schedule: times in, waits out."""

from waypost_local.lambda_.pacing import ResponsePacing, slices


def test_the_first_bytes_go_at_once_and_the_rest_at_the_rate() -> None:
    pacing = ResponsePacing(burst=600, rate=200)
    assert [pacing.wait(200, now=5.0) for _ in range(5)] == [0, 0, 0, 0, 1.0]
    assert pacing.wait(200, now=6.0) == 1.0


def test_a_slow_sender_never_waits_and_saves_nothing_up() -> None:
    pacing = ResponsePacing(burst=0, rate=100)
    assert pacing.wait(100, now=0.0) == 0
    assert pacing.wait(100, now=10.0) == 0
    assert pacing.wait(100, now=10.0) == 1.0


def test_a_piece_across_the_border_counts_only_beyond_it() -> None:
    pacing = ResponsePacing(burst=50, rate=100)
    assert pacing.wait(100, now=0.0) == 0
    assert pacing.wait(1, now=0.0) == 0.5


def test_lambdas_own_figures() -> None:
    pacing = ResponsePacing()
    assert pacing.wait(6 * 1024 * 1024, now=0.0) == 0
    assert pacing.wait(2 * 1024 * 1024, now=0.0) == 0
    assert pacing.wait(1, now=0.0) == 1.0


def test_a_large_chunk_is_cut_in_pieces_that_make_it_up() -> None:
    chunk = bytes(range(256)) * 1000
    pieces = list(slices(chunk))
    assert len(pieces) == 4
    assert b"".join(pieces) == chunk
