"""Loads and bit counts that Numba has no word for: unaligned, many bytes at once, portable LLVM vectors.

Kernels of this room hand each other pointers, not arrays: an array that is handed to a helper is counted, at two
atomic operations a call, even where the helper is inlined (measured: half of decode's time). Positions are never
checked; a caller keeps within the text and its padding.
"""

from llvmlite import ir
from numba.core import cgutils, config, types
from numba.core.codegen import get_host_cpu_features
from numba.extending import intrinsic

WIDTH = 64  # bytes that a mask speaks of
COMPRESS = "+avx512vbmi2" in (config.CPU_FEATURES or get_host_cpu_features())  # bytes, by a mask
_BYTE = ir.IntType(8)
_WORD = ir.IntType(64)


def _vector(builder, args):
    pointer = builder.bitcast(builder.gep(args[0], [args[1]]), ir.VectorType(_BYTE, WIDTH).as_pointer())
    return builder.load(pointer, align=1)


def _all(value):
    return ir.Constant(ir.VectorType(_BYTE, WIDTH), [value] * WIDTH)


def _mask(builder, truth):
    return builder.bitcast(truth, _WORD)


@intrinsic
def pointer(typing, array):
    """Return a pointer to the first element of a C-contiguous array, which the caller keeps alive."""

    def codegen(context, builder, signature, args):
        return context.make_array(signature.args[0])(context, builder, args[0]).data

    return types.CPointer(array.dtype)(array), codegen


@intrinsic
def beyond(typing, text, at):
    """Return a pointer to what is at a position."""

    def codegen(context, builder, signature, args):
        return builder.gep(args[0], [args[1]])

    return text(text, types.int64), codegen


@intrinsic
def pair(typing, text, at):
    """Return the 2 bytes from a position on, little endian, as int64."""

    def codegen(context, builder, signature, args):
        pointer = builder.bitcast(builder.gep(args[0], [args[1]]), ir.IntType(16).as_pointer())
        return builder.zext(builder.load(pointer, align=1), _WORD)

    return types.int64(text, types.int64), codegen


@intrinsic
def quadruple(typing, numbers, at):
    """Return four numbers of 16 bits from a place on, the first of them lowest."""

    def codegen(context, builder, signature, args):
        pointer = builder.bitcast(builder.gep(args[0], [args[1]]), _WORD.as_pointer())
        return builder.load(pointer, align=1)

    return types.uint64(numbers, types.int64), codegen


@intrinsic
def byte(typing, text, at):
    """Return the byte at a position, as int64."""

    def codegen(context, builder, signature, args):
        return builder.zext(builder.load(builder.gep(args[0], [args[1]])), _WORD)

    return types.int64(text, types.int64), codegen


@intrinsic
def word(typing, text, at):
    """Return the 8 bytes from a position on, little endian, as uint64."""

    def codegen(context, builder, signature, args):
        pointer = builder.gep(args[0], [args[1]])
        return builder.load(builder.bitcast(pointer, _WORD.as_pointer()), align=1)

    return types.uint64(text, types.int64), codegen


@intrinsic
def stops(typing, text, at):
    """Return a bit for each of 64 bytes that may not simply pass in a string: quote, backslash, below space."""

    def codegen(context, builder, signature, args):
        bytes_ = _vector(builder, args)
        quote = builder.icmp_unsigned("==", bytes_, _all(0x22))
        backslash = builder.icmp_unsigned("==", bytes_, _all(0x5C))
        control = builder.icmp_unsigned("<", bytes_, _all(0x20))
        return _mask(builder, builder.or_(builder.or_(quote, backslash), control))

    return types.int64(text, types.int64), codegen


@intrinsic
def highs(typing, text, at):
    """Return a bit for each of 64 bytes that is not ASCII."""

    def codegen(context, builder, signature, args):
        return _mask(builder, builder.icmp_signed("<", _vector(builder, args), _all(0)))

    return types.int64(text, types.int64), codegen


@intrinsic
def newlines(typing, text, at):
    """Return a bit for each of 64 bytes that is a newline."""

    def codegen(context, builder, signature, args):
        bytes_ = _vector(builder, args)
        return _mask(builder, builder.icmp_unsigned("==", bytes_, _all(0x0A)))

    return types.int64(text, types.int64), codegen


@intrinsic
def quotes(typing, text, at):
    """Return a bit for each of 64 bytes that is a quote."""

    def codegen(context, builder, signature, args):
        return _mask(builder, builder.icmp_unsigned("==", _vector(builder, args), _all(0x22)))

    return types.int64(text, types.int64), codegen


@intrinsic
def backslashes(typing, text, at):
    """Return a bit for each of 64 bytes that is a backslash."""

    def codegen(context, builder, signature, args):
        return _mask(builder, builder.icmp_unsigned("==", _vector(builder, args), _all(0x5C)))

    return types.int64(text, types.int64), codegen


@intrinsic
def punctuation(typing, text, at):
    """Return a bit for each of 64 bytes that is a brace, a bracket, a comma or a colon."""

    def codegen(context, builder, signature, args):
        bytes_ = _vector(builder, args)
        folded = builder.or_(bytes_, _all(0x20))  # brackets are braces now, and nothing else is
        found = builder.icmp_unsigned("==", folded, _all(0x7B))
        for vector, value in ((folded, 0x7D), (bytes_, 0x2C), (bytes_, 0x3A)):
            found = builder.or_(found, builder.icmp_unsigned("==", vector, _all(value)))
        return _mask(builder, found)

    return types.int64(text, types.int64), codegen


@intrinsic
def spaces(typing, text, at):
    """Return a bit for each of 64 bytes that is a space or below."""

    def codegen(context, builder, signature, args):
        return _mask(builder, builder.icmp_unsigned("<=", _vector(builder, args), _all(0x20)))

    return types.int64(text, types.int64), codegen


@intrinsic
def breaks(typing, text, at):
    """Return a bit for each of 64 bytes that no line of JSON has within: below space, but no tab, no return."""

    def codegen(context, builder, signature, args):
        bytes_ = _vector(builder, args)
        found = builder.icmp_unsigned("<", bytes_, _all(0x20))
        for value in (0x09, 0x0D):
            found = builder.and_(found, builder.icmp_unsigned("!=", bytes_, _all(value)))
        return _mask(builder, found)

    return types.int64(text, types.int64), codegen


@intrinsic
def copy(typing, out, to, text, at):
    """Copy 64 bytes from one place to another, which may overlap."""

    def codegen(context, builder, signature, args):
        wide = ir.VectorType(_BYTE, WIDTH).as_pointer()
        bytes_ = builder.load(builder.bitcast(builder.gep(args[2], [args[3]]), wide), align=1)
        builder.store(bytes_, builder.bitcast(builder.gep(args[0], [args[1]]), wide), align=1)
        return context.get_dummy_value()

    return types.void(out, types.int64, text, types.int64), codegen


@intrinsic
def spread(typing, out, at, bits, base):
    """Write the places of the bits that are set, each plus `base`, to a row of uint16; up to 64 are written.

    Quick where the processor can COMPRESS.
    """

    def codegen(context, builder, signature, args):
        bytes_ = ir.VectorType(_BYTE, WIDTH)
        short = ir.IntType(16)
        half = ir.VectorType(short, WIDTH // 2)
        mask = ir.VectorType(ir.IntType(1), WIDTH)
        lanes = ir.VectorType(ir.IntType(32), WIDTH // 2)
        compress = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(bytes_, [bytes_, mask, bytes_]),
            f"llvm.experimental.vector.compress.v{WIDTH}i8",
        )
        every = ir.Constant(bytes_, list(range(WIDTH)))
        places = builder.call(compress, [every, builder.bitcast(args[2], mask), ir.Constant(bytes_, ir.Undefined)])
        none = ir.Constant(half, ir.Undefined)
        first = builder.insert_element(none, builder.trunc(args[3], short), ir.Constant(ir.IntType(32), 0))
        offset = builder.shuffle_vector(first, none, ir.Constant(lanes, [0] * (WIDTH // 2)))
        for begin in (0, WIDTH // 2):
            numbers = ir.Constant(lanes, list(range(begin, begin + WIDTH // 2)))
            wide = builder.zext(builder.shuffle_vector(places, places, numbers), half)
            place = builder.gep(args[0], [builder.add(args[1], ir.Constant(_WORD, begin))])
            builder.store(builder.add(wide, offset), builder.bitcast(place, half.as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(out, types.int64, types.int64, types.int64), codegen


@intrinsic
def differences(typing, text, at, words, row):
    """Return a bit for each of 64 bytes of the text that is not the one in the 64 bytes from word `row` on."""

    def codegen(context, builder, signature, args):
        other = builder.bitcast(builder.gep(args[2], [args[3]]), ir.VectorType(_BYTE, WIDTH).as_pointer())
        return _mask(builder, builder.icmp_unsigned("!=", _vector(builder, args), builder.load(other, align=8)))

    return types.int64(text, types.int64, words, types.int64), codegen


@intrinsic
def differs(typing, text, at, masks, cover, words, row):
    """Say whether 32 bytes of the text, masked by those from `cover` on, are others than those from word `row` on."""

    def codegen(context, builder, signature, args):
        half = ir.VectorType(_BYTE, WIDTH // 2)

        def load(pointer, at):
            return builder.load(builder.bitcast(builder.gep(pointer, [at]), half.as_pointer()), align=1)

        masked = builder.and_(load(args[0], args[1]), load(args[2], args[3]))
        found = builder.bitcast(builder.icmp_unsigned("!=", masked, load(args[4], args[5])), ir.IntType(WIDTH // 2))
        return builder.icmp_unsigned("!=", found, ir.Constant(ir.IntType(WIDTH // 2), 0))

    return types.boolean(text, types.int64, masks, types.int64, words, types.uint64), codegen


@intrinsic
def ill_formed(typing, text, at):
    """Return a bit for each of 64 bytes that cannot stand where it does in UTF-8, seen from the 3 bytes before it.

    A byte continues a sequence if and only if a lead byte asks for it; the rest is the table of well-formed
    sequences of Unicode 15, section 3.9. Of a sequence that is cut off, the byte after it is marked.
    """

    def codegen(context, builder, signature, args):
        def load(back):
            return _vector(builder, [args[0], builder.sub(args[1], ir.Constant(_WORD, back))])

        def at_least(vector, value):
            return builder.icmp_unsigned(">=", vector, _all(value))

        def pair(lead, low, high):
            wrong = builder.or_(
                builder.icmp_unsigned("<", this, _all(low)), builder.icmp_unsigned(">", this, _all(high))
            )
            return builder.and_(builder.icmp_unsigned("==", before, _all(lead)), wrong)

        this, before = load(0), load(1)
        continues = builder.icmp_signed("<", this, _all(-0x40))
        asked = builder.or_(at_least(before, 0xC2), builder.or_(at_least(load(2), 0xE0), at_least(load(3), 0xF0)))
        wrong = builder.xor(continues, asked)
        for lead, low, high in ((0xE0, 0xA0, 0xBF), (0xED, 0x80, 0x9F), (0xF0, 0x90, 0xBF), (0xF4, 0x80, 0x8F)):
            wrong = builder.or_(wrong, pair(lead, low, high))
        never = builder.or_(
            at_least(this, 0xF5), builder.icmp_unsigned("==", builder.and_(this, _all(0xFE)), _all(0xC0))
        )
        return _mask(builder, builder.or_(wrong, never))

    return types.int64(text, types.int64), codegen


@intrinsic
def cold(typing):
    """Keep the function that calls this out of line: what is rare must not crowd the code of what is not."""

    def codegen(context, builder, signature, args):
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), codegen


@intrinsic
def trailing_zeros(typing, bits):
    """Return how many low bits are 0, 64 of 0."""

    def codegen(context, builder, signature, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.int64), codegen


@intrinsic
def leading_zeros(typing, bits):
    """Return how many high bits are 0; `bits` is not 0."""

    def codegen(context, builder, signature, args):
        return builder.ctlz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), codegen


@intrinsic
def count_ones(typing, bits):
    """Return how many bits are 1."""

    def codegen(context, builder, signature, args):
        return builder.ctpop(args[0])

    return types.int64(types.int64), codegen


@intrinsic
def product(typing, a, b):
    """Return the high and the low half of a 64 x 64 -> 128 bit product."""

    def codegen(context, builder, signature, args):
        wide = ir.IntType(128)
        whole = builder.mul(builder.zext(args[0], wide), builder.zext(args[1], wide))
        high = builder.trunc(builder.lshr(whole, ir.Constant(wide, 64)), _WORD)
        return context.make_tuple(builder, signature.return_type, [high, builder.trunc(whole, _WORD)])

    return types.UniTuple(types.uint64, 2)(types.uint64, types.uint64), codegen
