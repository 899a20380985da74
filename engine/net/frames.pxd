cimport cython

cimport engine.wire.fixed as fixed



cdef class FrameCutter:
    cdef object _admit
    cdef long long _limit_bytes
    cdef Py_ssize_t _size
    cdef public Py_ssize_t filled
    cdef public bytearray frame

    @cython.locals(frame="bytearray")
    cpdef tail_filled(self, Py_ssize_t count, list out)

    @cython.locals(raw="const unsigned char[::1]", at="Py_ssize_t", size="long long", body="Py_ssize_t", frame="bytearray")
    cpdef Py_ssize_t cut(self, data, Py_ssize_t end, list out) except -1
