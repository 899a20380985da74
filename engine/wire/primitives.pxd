cimport cython

cimport engine.wire.fixed as fixed
cimport engine.wire.varint as varint


@cython.locals(count="long long")
cpdef (long long, Py_ssize_t) read_count(const unsigned char[::1] view, Py_ssize_t at) except *

@cython.locals(count="long long")
cpdef (long long, Py_ssize_t) read_legacy_count(
    const unsigned char[::1] view, Py_ssize_t at, Py_ssize_t element_bytes_min
) except *

@cython.locals(length="long long", end="Py_ssize_t", raw="const unsigned char[::1]")
cpdef tuple read_compact_string(view, Py_ssize_t at)

@cython.locals(length="long long", end="Py_ssize_t", raw="const unsigned char[::1]")
cpdef tuple read_legacy_string(view, Py_ssize_t at)
