cimport cython



cdef class TimerWheel:
    cdef dict _buckets
    cdef list _due
    cdef object _handle
    cdef object _loop
    cdef long long _next

    @cython.locals(bucket="long long", members="dict")
    cpdef add(self, timed, long long delay_ms)

    @cython.locals(members="dict")
    cpdef remove(self, timed)
