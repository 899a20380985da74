cimport cython

cdef int _KEYS
cdef list _FLEXIBLE_FROM
cdef int _FIRST_ALWAYS_FLEXIBLE_KEY


cdef class RequestHeader:
    cdef public int api_key
    cdef public int api_version
    cdef public int correlation_id
    cdef public object client_id
    cdef public Py_ssize_t body_at


cpdef bint is_flexible(int api_key, int api_version) except -1

@cython.locals(api_key="int", api_version="int", correlation_id="int", length="int", end="Py_ssize_t")
cpdef RequestHeader parse_request_header(buf, Py_ssize_t at=*)

cpdef bytes frame_prefix(int api_key, int api_version, int correlation_id, Py_ssize_t body_bytes)
