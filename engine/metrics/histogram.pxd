cimport cython

cdef int _SUB_BITS
cdef long long _CEILING

cdef class LatencyHistogram:
    cdef object _buckets
    cdef public long long count
    cdef public long long sum_us

    @cython.locals(microseconds="long long")
    cpdef observe(self, double seconds)


@cython.locals(shift="long long")
cpdef int bucket_of(microseconds) except -1
