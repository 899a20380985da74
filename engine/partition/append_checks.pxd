cimport cython

cimport engine.wire.batch_header as batch_header

cdef long long LONG_MAX


cdef class BatchRules:
    cdef public long long max_message_bytes
    cdef public bint create_time
    cdef public long long after_max_ms
    cdef public long long before_max_ms
    cdef public bint compacted
    cdef public int codec
    cdef public bint plain


@cython.locals(header=batch_header.BatchHeader, ahead_ms="long long")
cpdef tuple check_batch(records, BatchRules rules, int produce_version, long long now_ms)
