cimport cython

cimport engine.metrics.histogram as histogram


cdef class PartitionCounters:
    cdef public long long produced_bytes
    cdef public long long produced_records
    cdef public long long fetched_bytes
    cdef public long long fetched_records


cdef class KafkaMetrics:
    cdef public list requests
    cdef public long long request_errors
    cdef public long long received_bytes
    cdef public long long sent_bytes
    cdef public long long connections_open
    cdef public long long connections_accepted
    cdef public long long connections_refused
    cdef dict _latency

    cpdef histogram.LatencyHistogram latency(self, int api_key)
    cpdef answered(self, int api_key, double seconds)
