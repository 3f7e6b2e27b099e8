"""Tokens: a fast keyed 64-bit hash of an identifier, all that hot state knows of it.

Two lanes of 8 bytes a round, mixed by folding a 128-bit product (the idea of wyhash and of MUM, V. Makarov
2016). Not cryptographic: it keeps a reader of a snapshot from guessing ids without the key and an outsider from
aiming at one slot; names that leave the engine are made by BLAKE2b. Two of 10 M ids meet with probability
3e-6 (birthday bound at 2^64).
"""

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from kernels.compile import kernel
from kernels.nulls import NULL

P0 = np.uint64(0xA0761D6478BD642F)
P1 = np.uint64(0xE7037ED1A0B428DB)
P2 = np.uint64(0x8EBC6AF09C88C6E3)


@intrinsic
def load64(typing, array, at):
    """Load 8 bytes of a uint8 array (or pointer) at any offset, little endian; the caller keeps within the padding."""

    def codegen(context, builder, signature, args):
        data = args[0]
        if isinstance(signature.args[0], types.Array):
            data = context.make_array(signature.args[0])(context, builder, data).data
        pointer = builder.bitcast(builder.gep(data, [args[1]]), ir.IntType(64).as_pointer())
        return builder.load(pointer, align=1)

    return types.uint64(array, types.uint64), codegen


@intrinsic
def store64(typing, array, at, word):
    """Store 8 bytes into a uint8 array at any offset, little endian; the caller keeps within the padding."""

    def codegen(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        pointer = builder.bitcast(builder.gep(data, [args[1]]), ir.IntType(64).as_pointer())
        builder.store(args[2], pointer, align=1)
        return context.get_dummy_value()

    return types.void(array, types.uint64, types.uint64), codegen


@intrinsic
def fold(typing, a, b):
    """Return the exclusive or of the two halves of a 64 x 64 -> 128 bit product."""

    def codegen(context, builder, signature, args):
        wide = ir.IntType(128)
        product = builder.mul(builder.zext(args[0], wide), builder.zext(args[1], wide))
        high = builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))
        return builder.xor(high, builder.trunc(product, ir.IntType(64)))

    return types.uint64(types.uint64, types.uint64), codegen


@kernel(inline=True)
def token(text, start, length, key):
    """Return the token of `text[start:start + length]`.

    Parameters
    ----------
    text
        uint8[n] with 16 readable bytes past the slice
    start, length
        uint64, bytes
    key
        uint64, the city's hash key

    Returns
    -------
    int64, never NULL

    Cost: about 2 ns for 16 bytes.
    """
    state = key ^ P0
    at = start
    left = length
    while left > np.uint64(16):
        state = fold(load64(text, at) ^ P1, load64(text, at + np.uint64(8)) ^ state)
        at += np.uint64(16)
        left -= np.uint64(16)
    low = load64(text, at)
    high = np.uint64(0)
    if left > np.uint64(8):
        high = load64(text, at + np.uint64(8))
        if left < np.uint64(16):
            high &= (np.uint64(1) << ((left - np.uint64(8)) << np.uint64(3))) - np.uint64(1)
    elif left < np.uint64(8):
        low &= (np.uint64(1) << (left << np.uint64(3))) - np.uint64(1)
    state = fold(low ^ P1, high ^ state)
    result = np.int64(fold(state ^ P2, length ^ P1))
    return result if result != NULL else np.int64(1)


@kernel(inline=True)
def combine(first, second):
    """Return the token of a composite key from those of its parts, NULL where one is NULL; order matters."""
    if first == NULL or second == NULL:
        return NULL
    result = np.int64(fold(np.uint64(first) ^ P0, np.uint64(second) ^ P1))
    return result if result != NULL else np.int64(1)


@kernel(inline=True)
def marked(token, mark):
    """Return a token with a member's mark in it, or one with a mark without it again; never NULL.

    One table so holds a key once for each member, and what it holds of one of them can be handed to another table.
    """
    result = token ^ mark
    return result if result != NULL else np.int64(1)


@kernel("int64(uint8[::1], uint64, uint64, uint64)")
def token_at(text, start, length, key):
    """`token`, callable from Python."""
    return token(text, start, length, key)


@kernel("void(uint8[::1], int64[::1], int64[::1], uint64, int64[::1])")
def tokens_at(text, starts, lengths, key, out):
    """Tokens of many slices at once: `out[i]` of `text[starts[i]:starts[i] + lengths[i]]`."""
    for i in range(len(starts)):
        out[i] = token(text, np.uint64(starts[i]), np.uint64(lengths[i]), key)


@kernel("int64(int64, int64)")
def combined(first, second):
    """`combine`, callable from Python."""
    return combine(first, second)


@kernel("void(int64[::1], int64[::1], int64[::1])")
def combined_all(first, second, out):
    """`combine`, of many pairs at once."""
    for i in range(len(out)):
        out[i] = combine(first[i], second[i])


@kernel("void(int64[::1], int64[::1], int64[::1])")
def marked_all(tokens, marks, out):
    """`marked`, of many tokens at once."""
    for i in range(len(out)):
        out[i] = marked(tokens[i], marks[i])
