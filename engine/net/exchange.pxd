cimport cython


cdef class Exchange:
    cdef public object connection
    cdef public Py_ssize_t cost_bytes
    cdef public object parts

    cpdef respond(self, parts)


cdef class AnswerLine:
    cdef public Py_ssize_t admitted
    cdef public long long held_bytes
    cdef public object waiting

    cpdef admit(self, Py_ssize_t size)

    @cython.locals(freed="Py_ssize_t", head="Exchange")
    cpdef Py_ssize_t collect(self, Exchange first, list out) except -1
