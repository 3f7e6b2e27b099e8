"""Pieces of a block: rows take their log positions, and when they were received, from the piece that holds them."""

from kernels.compile import kernel


@kernel("int64(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64, int64[::1])")
def settle(places, times, starts, positions, received, future, arrived):
    """Turn bytes of a block's text into log positions.

    Parameters
    ----------
    places
        int64[n], ascending: the byte at which the line of each row begins; receives its log position
    times
        int64[n], event times (epoch ms)
    starts, positions, received
        int64[k]: the byte at which each piece begins, its log position, and when it was received (epoch ms)
    future
        how far ahead of `received` a time may be (ms)
    arrived
        int64[n], receives when each row was received

    Returns
    -------
    how many rows are further ahead than that

    Cost: 1 ns a row and piece.
    """
    piece = 0
    last = len(starts) - 1
    ahead = 0
    for row in range(len(places)):
        byte = places[row]
        while piece < last and starts[piece + 1] <= byte:
            piece += 1
        places[row] = positions[piece] + byte - starts[piece]
        arrived[row] = received[piece]
        ahead += times[row] > received[piece] + future
    return ahead
