"""Numbers in network order, as brokers write them: loads of 2, 4 and 8 bytes, unaligned, their bytes turned round.

Positions are never checked; a caller keeps within the text.
"""

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic


def _load(builder, args, bits):
    pointer = builder.bitcast(builder.gep(args[0], [args[1]]), ir.IntType(bits).as_pointer())
    return builder.sext(builder.bswap(builder.load(pointer, align=1)), ir.IntType(64))


@intrinsic
def int16(typing, text, at):
    """Return the 2 bytes from a position on, a signed number, as int64."""
    return types.int64(text, types.int64), lambda context, builder, signature, args: _load(builder, args, 16)


@intrinsic
def int32(typing, text, at):
    """Return the 4 bytes from a position on, a signed number, as int64."""
    return types.int64(text, types.int64), lambda context, builder, signature, args: _load(builder, args, 32)


@intrinsic
def int64(typing, text, at):
    """Return the 8 bytes from a position on, a signed number."""

    def codegen(context, builder, signature, args):
        pointer = builder.bitcast(builder.gep(args[0], [args[1]]), ir.IntType(64).as_pointer())
        return builder.bswap(builder.load(pointer, align=1))

    return types.int64(text, types.int64), codegen
