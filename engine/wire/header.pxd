cimport cython

cimport engine.wire.varint as varint


cdef class RequestHeader:
    cdef public int api_key
    cdef public int api_version
    cdef public int correlation_id
    cdef public object client_id
    cdef public Py_ssize_t body_at
