"""Record batches of a Kafka broker (format 2) to columns: first their heads, then the records in them.

Between the two the caller unpacks what is compressed. What a broker sends is believed in nothing: every length is
held against the bytes that are there, and a loop ends with the bytes or with a number of records they have room for.

Source: "Apache Kafka, protocol guide and message format", record batches and control records; of transactions,
KIP-98, "aborted transactions in the fetch response".
"""

import numpy as np

from kernels.compile import kernel
from kernels.decode.big_endian import int16, int32, int64
from kernels.decode.crc32c import READ_ONLY, crc32c
from kernels.decode.wide import byte, pointer

# Where things lie in the head of a batch.
LENGTH, MAGIC, CHECKSUM, ATTRIBUTES, LAST_DELTA = 8, 16, 17, 21, 23
BASE_TIME, MAX_TIME, PRODUCER, COUNT, HEAD = 27, 35, 43, 57, 61  # HEAD: where it ends
OLD_MIN = 14  # of LENGTH, of a message in the format before
BEFORE = 12  # bytes before those that LENGTH counts
CODECS, APPENDED, TRANSACTIONAL, CONTROL = 0x07, 0x08, 0x10, 0x20  # bits of the attributes
ABORT = 0  # what a control record says
OFFSET_MAX = 1 << 62  # so that no sum overflows
RECORD_MIN = 7  # bytes: of an empty record each of the fields

# Rows of a batch's column of `table`.
BASE, LAST, BEGIN, END, CODEC, RECORDS, TIME, APPEND_TIME = range(8)
BATCH = 8
NOT_APPENDED = np.int64(-1) << np.int64(63)  # APPEND_TIME of records that carry their producer's time

# Rows of `out`.
OFFSET, TIMESTAMP, KEY, KEY_SIZE, VALUE, VALUE_SIZE = range(6)
RECORD = 6
ABSENT = -1  # the size of a key or value that is null

# Entries of what `heads` says.
BATCHES, USED, NEXT, FAULT, FAULT_AT, FAULT_NEXT = range(6)
HEADS = 6

# What is wrong with a batch; the last two are found by others: in its records, and when it is unpacked.
SOUND, OLD_FORMAT, BAD_LENGTH, BAD_CHECKSUM, BAD_HEAD, BEYOND_END, BAD_RECORD, NOT_UNPACKED = range(8)
UNKNOWN = -1  # offset behind a batch that says nothing one can believe


@kernel(allocates=False)
def varint(text, at, end):
    """Return a zigzag number of up to 64 bits and the position behind it, which is beyond `end` if it is not whole."""
    value = np.uint64(0)
    shift = np.uint64(0)
    while at < end and shift < np.uint64(64):
        bits = np.uint64(byte(text, at))
        at += 1
        value |= (bits & np.uint64(0x7F)) << shift
        if bits < np.uint64(0x80):
            return np.int64(value >> np.uint64(1)) ^ -np.int64(value & np.uint64(1)), at
        shift += np.uint64(7)
    return np.int64(0), end + 1


@kernel(allocates=False)
def aborts(text, at, end):
    """Whether the first record of a control batch says that a transaction has been aborted."""
    _, at = varint(text, at, end)
    _, at = varint(text, at + 1, end)
    _, at = varint(text, at, end)
    size, at = varint(text, at, end)
    return size >= 4 and at + 4 <= end and int16(text, at + 2) == ABORT


@kernel(allocates=False)
def fault_of(text, at, end, last, log_end):
    """Return what is wrong with the batch at `at`, whose bytes are all there; `last` is the offset before it.

    The checksum leaves out the base offset, which brokers write: it is held against what lies around it alone.
    """
    base, delta, count = int64(text, at), int32(text, at + LAST_DELTA), int32(text, at + COUNT)
    if crc32c(text, at + ATTRIBUTES, end) != int32(text, at + CHECKSUM) & 0xFFFFFFFF:
        return BAD_CHECKSUM
    if base <= last or delta < 0 or count < 0 or count > delta + 1 or base > OFFSET_MAX:
        return BAD_HEAD
    if base + delta >= log_end:
        return BEYOND_END
    return SOUND


@kernel(allocates=False)
def behind(text, at, fault, log_end):
    """Return the offset behind a batch that cannot be read, where its head can be believed in that, else UNKNOWN."""
    base = int64(text, at)
    if 0 <= base < log_end:
        if fault == OLD_FORMAT:  # the offset is that of the last message
            return base + 1
        if fault in (BAD_CHECKSUM, BAD_HEAD):
            delta, count = int32(text, at + LAST_DELTA), int32(text, at + COUNT)
            if delta >= 0 and count == delta + 1 and count <= log_end - base:  # two fields agree
                return base + count
    return np.int64(UNKNOWN)


@kernel(f"void({READ_ONLY}, int64, int64, int64[:, ::1], int64[:, ::1], int64[::1])", allocates=False)
def heads(data, wanted, log_end, aborted, table, found):
    """Read the heads of the batches that a fetch brought for a partition, up to the first that is damaged.

    Batches before the wanted offset, control batches and those of aborted transactions are left out. A last one that
    is cut off is not looked at; the first one never is, so that its length is wrong.

    Parameters
    ----------
    data
        uint8[size], what the broker sent
    wanted
        the offset that was asked for
    log_end
        offset behind the last message that counts, as the broker says, at most OFFSET_MAX: no batch reaches beyond it
    aborted
        int64[2, n]: producer and first offset of aborted transactions, by offset; overwritten
    table
        int64[BATCH, size // HEAD], out, a column each: BASE and LAST offset; BEGIN and END of the records in `data`;
        CODEC; RECORDS, at most so many; TIME that records' times count from, epoch ms; APPEND_TIME, when the broker
        wrote it, epoch ms, or NOT_APPENDED
    found
        int64[HEADS], out: BATCHES in the table; USED, bytes looked at; NEXT, the offset to ask for now; FAULT of the
        batch that ended this, its first offset FAULT_AT, and FAULT_NEXT, the offset behind it or UNKNOWN

    Cost: 0.06 ns a byte for the checksum, 10 ns a batch.
    """
    text = pointer(data)
    size = len(data)
    count = at = active = waiting = np.int64(0)
    next_offset = wanted
    last = np.int64(-1)
    found[:] = 0
    while size - at > MAGIC:
        base, length = int64(text, at), int32(text, at + LENGTH)
        end = at + BEFORE + length
        is_old = byte(text, at + MAGIC) != 2
        fault = SOUND
        if length < (OLD_MIN if is_old else HEAD - BEFORE):
            fault = BAD_LENGTH
        elif end > size:
            if at > 0:
                break
            fault = BAD_LENGTH
        elif is_old:
            fault = OLD_FORMAT
        else:
            fault = fault_of(text, at, end, last, log_end)
        if fault != SOUND:
            found[FAULT] = fault
            found[FAULT_AT] = base
            found[FAULT_NEXT] = behind(text, at, fault, log_end)
            break
        last = base + int32(text, at + LAST_DELTA)
        attributes, producer = int16(text, at + ATTRIBUTES), int64(text, at + PRODUCER)
        is_control = (attributes & CONTROL) != 0
        while waiting < aborted.shape[1] and aborted[1, waiting] <= last:
            aborted[0, active] = aborted[0, waiting]
            active += 1
            waiting += 1
        is_aborted = False
        if active > 0 and (attributes & TRANSACTIONAL) != 0:
            place = np.int64(0)
            while place < active and aborted[0, place] != producer:
                place += 1
            is_aborted = place < active
            if is_aborted and is_control and aborts(text, at + HEAD, end):
                active -= 1
                aborted[0, place] = aborted[0, active]
        if not is_control and not is_aborted and last >= wanted:
            table[BASE, count] = base
            table[LAST, count] = last
            table[BEGIN, count] = at + HEAD
            table[END, count] = end
            table[CODEC, count] = attributes & CODECS
            table[RECORDS, count] = int32(text, at + COUNT)
            table[TIME, count] = int64(text, at + BASE_TIME)
            table[APPEND_TIME, count] = int64(text, at + MAX_TIME) if attributes & APPENDED else NOT_APPENDED
            count += 1
        next_offset = max(next_offset, last + 1)
        at = end
    found[BATCHES] = count
    found[USED] = at
    found[NEXT] = next_offset


@kernel(
    f"Tuple((int64, int64, int64))({READ_ONLY}, int64, int64[:, ::1], int64[:, ::1], int64[:, ::1])", allocates=False
)
def records(data, wanted, table, out, faults):
    """Read the records of batches that are not compressed, or no longer.

    Of a batch that does not hold together only the records before the damage are read.

    Parameters
    ----------
    data
        uint8[size], where BEGIN and END of the table point to
    wanted
        the offset that was asked for: records before it are left out
    table
        int64[BATCH, batches], of `heads`
    out
        int64[RECORD, n], out, a column a record: OFFSET, TIMESTAMP (epoch ms), KEY and VALUE as positions in `data`,
        their sizes, ABSENT for null. A batch of m bytes has at most m // RECORD_MIN records, and at most RECORDS.
    faults
        int64[2, batches], out: column of the table and offset from which on the rest of that batch is lost

    Returns
    -------
    how many records and faults there are, and how many bytes of values

    Cost: 10 ns a record, its value untouched.
    """
    text = pointer(data)
    size = len(data)
    row = lost = total = np.int64(0)
    for batch in range(table.shape[1]):
        base, last = table[BASE, batch], table[LAST, batch]
        at, end = table[BEGIN, batch], table[END, batch]
        time, append_time = table[TIME, batch], table[APPEND_TIME, batch]
        is_sound = 0 <= at <= end <= size
        before = base - 1  # offset of the record before
        left = min(table[RECORDS, batch], out.shape[1] - row) if is_sound else 0
        is_counted = left == table[RECORDS, batch]
        is_whole = is_sound
        while left > 0:
            length, start = varint(text, at, end)
            stop = start + length
            elapsed, place = varint(text, start + 1, end)
            delta, place = varint(text, place, end)
            key_size, key = varint(text, place, end)
            value_size, value = varint(text, key + min(max(key_size, 0), size), end)  # never before `key`
            offset = base + delta
            # Sizes are held against what is left, so that no sum overflows.
            is_whole = (
                start < end
                and 0 < length <= end - start
                and ABSENT <= key_size <= stop - key
                and value <= stop
                and ABSENT <= value_size <= stop - value
                and before < offset <= last
            )
            if not is_whole:
                break
            if offset >= wanted:
                out[OFFSET, row] = offset
                out[TIMESTAMP, row] = time + elapsed if append_time == NOT_APPENDED else append_time
                out[KEY, row] = key
                out[KEY_SIZE, row] = key_size
                out[VALUE, row] = value
                out[VALUE_SIZE, row] = value_size
                total += max(value_size, 0)
                row += 1
            before = offset
            at = stop
            left -= 1
        if not is_whole or not is_counted or at != end:
            faults[0, lost] = batch
            faults[1, lost] = before + 1
            lost += 1
    return row, lost, total
