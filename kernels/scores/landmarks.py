"""Landmarks: how long any way of a network takes at least, out of 64 bytes a place and time of day.

Learned are times between neighbours; a way through others takes the sum, at its shortest d(a, b). To keep it for all
pairs would take n^2 numbers. Of some landmarks L the distances to and from all places are kept instead, and by the
triangle inequality

    d(a, b) >= d(L, b) - d(L, a)    and    d(a, b) >= d(a, L) - d(b, L)

of which the greatest is a lower bound. Both are written as a difference of one line of each place, so that a bound is
one pass over 32 numbers. A clock that is wrong is a part of the times that were learned to and from its camera and is
so of the bounds, to the second.

LLVM unrolls a loop over 32 numbers before it looks for vectors, four times as slow, so they are written as a vector.

Source: Goldberg and Harrelson, Computing the Shortest Path: A* Search Meets Graph Theory (SODA 2005); landmarks are
chosen farthest from those there are.
"""

from functools import partial
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from kernels.compile import kernel
from kernels.instants import HOUR_MS

LANDMARKS = 16
LINE = 2 * LANDMARKS  # uint16: 64 bytes
SLOT_MS = 2 * HOUR_MS  # of a civil day
SLOTS = 12
TIME_MAX = 65_535
# bounds (uint16[SLOTS * places, LINE]), the longest bound (s), and the city's UTC offsets (`rules.plan.Plan`)
NETWORK = "Tuple((uint16[:, ::1], float64, int64[::1], int64[::1]))"

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NUMBER = ir.IntType(16)
_NUMBERS = ir.VectorType(_NUMBER, LINE)


@intrinsic
def excess(typingctx: Any, bounds: Any, line: Any, other: Any) -> Any:
    """Return by how much a line of `bounds` exceeds another one where it does so most, 0 where it does so nowhere."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        width = ir.Constant(ir.IntType(64), LINE)
        held = []
        for line in args[1:]:
            place = builder.gep(data, [builder.mul(line, width)])
            held.append(builder.load(builder.bitcast(place, _NUMBERS.as_pointer()), align=2))
        declare = partial(cgutils.get_or_insert_function, builder.module)
        minus = declare(ir.FunctionType(_NUMBERS, [_NUMBERS, _NUMBERS]), f"llvm.usub.sat.v{LINE}i16")
        most = declare(ir.FunctionType(_NUMBER, [_NUMBERS]), f"llvm.vector.reduce.umax.v{LINE}i16")
        return builder.zext(builder.call(most, [builder.call(minus, held)]), ir.IntType(64))

    return types.int64(bounds, types.int64, types.int64), codegen


@kernel("void(int64[::1], int64[::1], float64[::1], int64, float64[::1])")
def shortest(starts, ends, seconds, source, out):
    """Write how long the shortest way from a place to all others takes; inf where there is none.

    Parameters
    ----------
    starts, ends, seconds
        of each step, int64[e], int64[e] and float64[e]; no step takes less than 0
    out
        float64[places]

    Steps are relaxed in their order until none shortens a way (Bellman and Ford): e times the most steps of a way.
    """
    out[:] = np.inf
    out[source] = 0.0
    changed = True
    while changed:
        changed = False
        for step in range(len(seconds)):
            through = out[starts[step]] + seconds[step]
            if through < out[ends[step]]:
                out[ends[step]] = through
                changed = True


def network(
    places: int, starts: Ints, ends: Ints, seconds: Floats
) -> tuple[NDArray[np.uint16], float, NDArray[np.bool_]]:
    """Return bounds of all ways through a network.

    Parameters
    ----------
    places
        how many there are; steps name them by number
    starts, ends
        int64[e], of each step from a place to a neighbour
    seconds
        float64[SLOTS, e], how long it takes at least, by the time of day

    Returns
    -------
    uint16[SLOTS * places, LINE], the longest bound that they give (s), and which places they know: those that can be
    reached from the one with the most steps and from which that can be reached. A line of another place means nothing.
    """
    room = np.zeros(SLOTS * places * LINE + LINE, np.uint16)
    begin = -room.ctypes.data % (2 * LINE) // 2  # of a cache line: half of the cost of a bound
    bounds = room[begin : begin + SLOTS * places * LINE].reshape(SLOTS, places, LINE)
    if not len(starts):
        return bounds.reshape(-1, LINE), 0.0, np.zeros(places, np.bool_)
    day = np.ascontiguousarray(seconds.min(axis=0))
    centre = int(np.bincount(starts, minlength=places).argmax())
    known = np.isfinite(_ways(places, starts, ends, day, centre)).all(axis=0)
    inner = known[starts] & known[ends]
    starts, ends = np.ascontiguousarray(starts[inner]), np.ascontiguousarray(ends[inner])
    seconds, day = np.ascontiguousarray(seconds[:, inner]), np.ascontiguousarray(day[inner])
    landmarks = _landmarks(places, starts, ends, day, centre, known)
    for slot in range(SLOTS):
        for k, landmark in enumerate(landmarks):
            away, back = _ways(places, starts, ends, np.ascontiguousarray(seconds[slot]), landmark)
            bounds[slot, known, 2 * k] = np.minimum(away[known], TIME_MAX)
            bounds[slot, known, 2 * k + 1] = TIME_MAX - np.minimum(np.ceil(back[known]), TIME_MAX)
    lines = bounds[:, known].astype(np.int64)
    longest = float((lines.max(axis=1) - lines.min(axis=1)).max(initial=0))
    return bounds.reshape(-1, LINE), longest, known


def _ways(places: int, starts: Ints, ends: Ints, seconds: Floats, place: int) -> Floats:
    """Return how long the ways from and to a place take, float64[2, places]."""
    out = np.empty((2, places))
    shortest(starts, ends, seconds, place, out[0])
    shortest(ends, starts, seconds, place, out[1])
    return out


def _landmarks(
    places: int, starts: Ints, ends: Ints, seconds: Floats, centre: int, known: NDArray[np.bool_]
) -> list[int]:
    """Choose landmarks, each as far from those before it as there is a place; the first is far from the centre."""
    nearest = _ways(places, starts, ends, seconds, centre).sum(axis=0)
    chosen: list[int] = []
    for _ in range(min(LANDMARKS, int(known.sum()))):
        chosen.append(int(np.where(known, nearest, -1.0).argmax()))
        from_it = _ways(places, starts, ends, seconds, chosen[-1]).sum(axis=0)
        nearest = from_it if len(chosen) == 1 else np.minimum(nearest, from_it)
    return chosen
