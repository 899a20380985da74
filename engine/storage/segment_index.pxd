cimport cython


cdef class SegmentIndex:
    cdef public object offsets
    cdef public object positions
    cdef public object timestamps
    cdef public long long _interval_bytes
    cdef public long long _entry_at

    cpdef add(self, long long base_offset, long long position, long long timestamp_before)
