cimport cython


@cython.locals(value="long long", shift="int", size="Py_ssize_t", byte="long long")
cpdef (long long, Py_ssize_t) read_uvarint(const unsigned char[::1] buf, Py_ssize_t at) except *

@cython.locals(value="unsigned long long", half="long long", shift="int", size="Py_ssize_t", byte="unsigned long long")
cpdef (long long, Py_ssize_t) read_varlong(const unsigned char[::1] buf, Py_ssize_t at) except *

@cython.locals(value="long long")
cpdef (long long, Py_ssize_t) read_varint(const unsigned char[::1] buf, Py_ssize_t at) except *

@cython.locals(count="long long", length="long long", _tag="long long", size="Py_ssize_t")
cpdef Py_ssize_t skip_tagged_fields(const unsigned char[::1] buf, Py_ssize_t at) except -1

cpdef write_uvarint(bytearray out, unsigned long long value)
cpdef write_varint(bytearray out, value)
