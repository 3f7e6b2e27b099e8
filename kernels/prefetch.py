"""Asking for memory before it is needed: a kernel that looks up random rows else waits for each of them in turn."""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

AHEAD = 32  # events; enough work to hide a miss of the last cache, few enough to stay in the first
LINE = 8  # words of a cache line

_FOR_WRITING, _KEPT, _DATA = 1, 3, 1  # llvm.prefetch: rw, locality, cache type


@intrinsic
def prefetch(typingctx: Any, array: Any, row: Any, column: Any) -> Any:
    """Ask for `array[row, column]` and what lies beside it; it changes nothing and waits for nothing."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        held = context.make_array(signature.args[0])(context, builder, args[0])
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        strides = cgutils.unpack_tuple(builder, held.strides)
        offset = builder.mul(args[1], strides[0])
        if len(strides) > 1:
            offset = builder.add(offset, builder.mul(args[2], strides[1]))
        address = builder.gep(builder.bitcast(held.data, byte), [offset])
        hint = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), [byte, number, number, number]), "llvm.prefetch.p0"
        )
        builder.call(hint, [address, *(ir.Constant(number, each) for each in (_FOR_WRITING, _KEPT, _DATA))])
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64), codegen
