cimport cython

cimport engine.storage.segment_index as segment_index


cdef class Segment:
    cdef public long long base_offset
    cdef public long long created_ms
    cdef public object directory
    cdef public segment_index.SegmentIndex index
    cdef public bint index_saved
    cdef public long long max_timestamp
    cdef public long long max_timestamp_offset
    cdef public long long next_offset
    cdef public bint on_disk
    cdef public object path
    cdef public long long size
    cdef public long long synced_bytes

    cpdef note(self, segment_index.SegmentIndex index, long long base_offset, long long next_offset,
               long long size, long long max_timestamp)
