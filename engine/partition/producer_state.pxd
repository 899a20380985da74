cimport cython

cimport engine.wire.batch_header as batch_header



cdef class RememberedBatch:
    cdef public int base_sequence
    cdef public int last_sequence
    cdef public long long base_offset
    cdef public long long next_offset
    cdef public long long timestamp


cdef class ProducerEntry:
    cdef public int epoch
    cdef public object batches
    cdef public long long last_timestamp_ms


cdef class ProducerStates:
    cdef public dict _entries
    cdef public Py_ssize_t _producers_max

    @cython.locals(entry="ProducerEntry", batch="RememberedBatch", last="RememberedBatch", epoch="int",
                   base_sequence="int", last_sequence="int")
    cpdef RememberedBatch check(self, batch_header.BatchHeader header)

    @cython.locals(entry="ProducerEntry")
    cpdef record(self, batch_header.BatchHeader header, long long timestamp, long long now_ms)
