cimport cython

cimport engine.net.exchange as exchange
cimport engine.wire.header as wire_header


cdef class Call(exchange.Exchange):
    cdef public int api_key
    cdef public int api_version
    cdef public int correlation_id
    cdef public object client_id
    cdef public Py_ssize_t body_at
    cdef public bytearray frame
    cdef public object services
    cdef public double arrived_s

    @cython.locals(size="Py_ssize_t")
    cpdef respond_body(self, bytes body)

    cpdef respond_chunks(self, chunks, Py_ssize_t body_bytes)

    cdef _count(self, Py_ssize_t body_bytes)
