cimport cython


cdef class CommitQueue:
    cdef object _waiting

    cpdef add(self, offset, callback)

    @cython.locals(head="tuple", none="object")
    cpdef advance(self, long long committed)
