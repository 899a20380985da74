cimport cython

cimport engine.wire.fixed as fixed

cdef bint _COMPILED


cdef class BatchHeader:
    cdef public long long base_offset
    cdef public int batch_length
    cdef public int leader_epoch
    cdef public int magic
    cdef public unsigned int crc
    cdef public int attributes
    cdef public int last_offset_delta
    cdef public long long base_timestamp
    cdef public long long max_timestamp
    cdef public long long producer_id
    cdef public int producer_epoch
    cdef public int base_sequence
    cdef public int record_count


@cython.locals(raw="const unsigned char[::1]", header="BatchHeader")
cpdef BatchHeader parse_header(buf, Py_ssize_t at=*)

@cython.locals(end="Py_ssize_t")
cpdef bint crc_matches(buf, Py_ssize_t at, BatchHeader header) except -1

@cython.locals(size="Py_ssize_t", total="Py_ssize_t", header="BatchHeader")
cpdef BatchHeader check_produce_batch(records, long long max_bytes, int produce_version=*)

@cython.locals(attributes="int", codec="int")
cdef _check_fields(BatchHeader header, int produce_version)

@cython.locals(raw="unsigned char[::1]")
cpdef stamp(buf, Py_ssize_t at, long long base_offset, int leader_epoch)
