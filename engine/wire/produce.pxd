cimport cython

cimport engine.wire.fixed as fixed
cimport engine.wire.primitives as primitives
cimport engine.wire.varint as varint


cdef class ProduceRequest:
    cdef public object transactional_id
    cdef public int acks
    cdef public int timeout_ms
    cdef public list topics


cdef class ProducedPartition:
    cdef public int partition
    cdef public int error_code
    cdef public long long base_offset
    cdef public long long log_append_time_ms
    cdef public long long log_start_offset
    cdef public object record_errors
    cdef public object error_message
    cdef public int leader_id
    cdef public int leader_epoch


cpdef ProduceRequest decode_produce(int version, buf, Py_ssize_t at=*)

@cython.locals(raw="const unsigned char[::1]", topic_count="long long", count="long long", room="long long",
               acks="int", timeout_ms="int")
cdef ProduceRequest _decode_flexible(int version, buf, Py_ssize_t at)

@cython.locals(raw="const unsigned char[::1]", size="Py_ssize_t", length="long long", end="Py_ssize_t",
               index="int", partitions="list")
cdef tuple _read_partitions(view, Py_ssize_t at, long long count)

@cython.locals(raw="const unsigned char[::1]", topic_count="long long", count="long long", room="long long",
               acks="int", timeout_ms="int")
cdef ProduceRequest _decode_legacy(buf, Py_ssize_t at)

@cython.locals(raw="const unsigned char[::1]", size="Py_ssize_t", length="long long", end="Py_ssize_t",
               index="int", partitions="list")
cdef tuple _read_legacy_partitions(view, Py_ssize_t at, long long count)

@cython.locals(out="bytearray", part="ProducedPartition")
cdef bytes _encode_flexible(int version, topics, int throttle_ms, nodes)

cdef _write_errors(bytearray out, int version, ProducedPartition part)

@cython.locals(out="bytearray", part="ProducedPartition")
cdef bytes _encode_legacy(int version, topics, int throttle_ms)
