cimport cython

cimport engine.wire.varint as varint


# The times stay Python integers: a hostile base and delta may sum to more than 64 bits.
@cython.locals(raw="const unsigned char[::1]", length="long long", end="Py_ssize_t", attributes="int",
               offset_delta="long long", count="long long", base_timestamp="object", timestamp_delta="object")
cdef tuple _read_record(bytes body, Py_ssize_t at, header, append_time)

@cython.locals(raw="const unsigned char[::1]", length="long long", stop="Py_ssize_t")
cdef tuple _read_bytes(bytes body, Py_ssize_t at, Py_ssize_t end)

cdef tuple _read_headers(bytes body, Py_ssize_t at, Py_ssize_t end, long long count)
