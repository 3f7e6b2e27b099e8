"""Loads and bit counts that Numba has no word for: unaligned, many bytes at once, portable LLVM vectors.

Positions are int64 and never checked: a caller keeps within the text and its padding. That is also why they
exist beside plain indexing, which would add Numba's wrap-around of negative indices to every byte.
"""

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

WIDTH = 32  # bytes that a mask speaks of: most strings of an event end within them
_BYTE = ir.IntType(8)
_WORD = ir.IntType(64)


def _pointer(context, builder, signature, args, array, at):  # type: ignore[no-untyped-def]
    data = context.make_array(signature.args[array])(context, builder, args[array]).data
    return builder.gep(data, [args[at]])


def _vector(context, builder, signature, args, array=0, at=1):  # type: ignore[no-untyped-def]
    wide = ir.VectorType(_BYTE, WIDTH)
    pointer = builder.bitcast(_pointer(context, builder, signature, args, array, at), wide.as_pointer())
    return builder.load(pointer, align=1)


def _all(value):  # type: ignore[no-untyped-def]
    return ir.Constant(ir.VectorType(_BYTE, WIDTH), [value] * WIDTH)


def _mask(builder, truth):  # type: ignore[no-untyped-def]
    return builder.zext(builder.bitcast(truth, ir.IntType(WIDTH)), _WORD)


@intrinsic
def byte(typing, text, at):  # type: ignore[no-untyped-def]
    """Return the byte at a position, as int64."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return builder.zext(builder.load(_pointer(context, builder, signature, args, 0, 1)), _WORD)

    return types.int64(text, types.int64), codegen


@intrinsic
def word(typing, text, at):  # type: ignore[no-untyped-def]
    """Return the 8 bytes from a position on, little endian, as uint64."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        pointer = _pointer(context, builder, signature, args, 0, 1)
        return builder.load(builder.bitcast(pointer, _WORD.as_pointer()), align=1)

    return types.uint64(text, types.int64), codegen


@intrinsic
def stops(typing, text, at):  # type: ignore[no-untyped-def]
    """Return a bit for each of 32 bytes that may not simply pass in a string: quote, backslash, below space."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        bytes_ = _vector(context, builder, signature, args)
        quote = builder.icmp_unsigned("==", bytes_, _all(0x22))
        backslash = builder.icmp_unsigned("==", bytes_, _all(0x5C))
        control = builder.icmp_unsigned("<", bytes_, _all(0x20))
        return _mask(builder, builder.or_(builder.or_(quote, backslash), control))

    return types.int64(text, types.int64), codegen


@intrinsic
def highs(typing, text, at):  # type: ignore[no-untyped-def]
    """Return a bit for each of 32 bytes that is not ASCII."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return _mask(builder, builder.icmp_signed("<", _vector(context, builder, signature, args), _all(0)))

    return types.int64(text, types.int64), codegen


@intrinsic
def newlines(typing, text, at):  # type: ignore[no-untyped-def]
    """Return a bit for each of 32 bytes that is a newline."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        bytes_ = _vector(context, builder, signature, args)
        return _mask(builder, builder.icmp_unsigned("==", bytes_, _all(0x0A)))

    return types.int64(text, types.int64), codegen


@intrinsic
def trailing_zeros(typing, bits):  # type: ignore[no-untyped-def]
    """Return how many low bits are 0; `bits` is not 0."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), codegen


@intrinsic
def leading_zeros(typing, bits):  # type: ignore[no-untyped-def]
    """Return how many high bits are 0; `bits` is not 0."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return builder.ctlz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), codegen


@intrinsic
def count_ones(typing, bits):  # type: ignore[no-untyped-def]
    """Return how many bits are 1."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return builder.ctpop(args[0])

    return types.int64(types.int64), codegen


@intrinsic
def product(typing, a, b):  # type: ignore[no-untyped-def]
    """Return the high and the low half of a 64 x 64 -> 128 bit product."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        wide = ir.IntType(128)
        whole = builder.mul(builder.zext(args[0], wide), builder.zext(args[1], wide))
        high = builder.trunc(builder.lshr(whole, ir.Constant(wide, 64)), _WORD)
        return context.make_tuple(builder, signature.return_type, [high, builder.trunc(whole, _WORD)])

    return types.UniTuple(types.uint64, 2)(types.uint64, types.uint64), codegen
