cdef class Chunk:
    cdef public object log
    cdef public object segment
    cdef public long long position
    cdef public long long base_offset
    cdef public list buffers
    cdef public long long size
    cdef public long long end_offset
    cdef public bint direct
