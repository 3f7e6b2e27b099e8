"""Nodes of 16 running counts, a cache line of int32, each changed and searched by a few vector instructions.

The k-th count of a node says how much is in its first k + 1 parts. Loops over 16 counts are unrolled by LLVM before it
looks for vectors, so they are written as vectors here; it cuts them to what the processor has.
"""

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

NODE = 16

_NUMBER = ir.IntType(32)
_COUNTS = ir.VectorType(_NUMBER, NODE)
_PARTS = ir.Constant(_COUNTS, list(range(NODE)))


def _splat(builder: Any, number: Any) -> Any:
    one = builder.insert_element(ir.Constant(_COUNTS, ir.Undefined), number, ir.Constant(_NUMBER, 0))
    return builder.shuffle_vector(one, ir.Constant(_COUNTS, ir.Undefined), ir.Constant(_COUNTS, [0] * NODE))


def _place(context: Any, builder: Any, array_type: Any, array: Any, at: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), _COUNTS.as_pointer())


@intrinsic
def count_in(typingctx: Any, counts: Any, at: Any, part: Any, by: Any) -> Any:
    """Change how much is in a part of the node at `counts[at : at + NODE]`; `counts` is int32[n]."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _place(context, builder, signature.args[0], args[0], args[1])
        part, by = (_splat(builder, builder.trunc(arg, _NUMBER)) for arg in args[2:])
        behind = builder.icmp_signed(">=", _PARTS, part)
        more = builder.select(behind, by, ir.Constant(_COUNTS, [0] * NODE))
        builder.store(builder.add(builder.load(place, align=4), more), place, align=4)
        return context.get_dummy_value()

    return types.void(counts, types.int64, types.int64, types.int64), codegen


@intrinsic
def part_with(typingctx: Any, counts: Any, at: Any, left: Any) -> Any:
    """Return the part of the node at `counts[at : at + NODE]` that has the number with `left` others before it."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        held = builder.load(_place(context, builder, signature.args[0], args[0], args[1]), align=4)
        before = builder.icmp_signed("<=", held, _splat(builder, builder.trunc(args[2], _NUMBER)))
        bits = builder.ctpop(builder.bitcast(before, ir.IntType(NODE)))
        return builder.zext(bits, ir.IntType(64))

    return types.int64(counts, types.int64, types.int64), codegen
