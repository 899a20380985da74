cimport cython

cimport engine.wire.fixed as fixed
cimport engine.wire.primitives as primitives
cimport engine.wire.varint as varint


cdef class FetchPartition:
    cdef public int partition
    cdef public long long fetch_offset
    cdef public int max_bytes
    cdef public int current_leader_epoch
    cdef public int last_fetched_epoch
    cdef public long long log_start_offset
    cdef public object replica_directory_id
    cdef public long long high_watermark


cdef class FetchRequest:
    cdef public int max_wait_ms
    cdef public int min_bytes
    cdef public int max_bytes
    cdef public int isolation_level
    cdef public int replica_id
    cdef public long long replica_epoch
    cdef public int session_id
    cdef public int session_epoch
    cdef public list topics
    cdef public list forgotten
    cdef public object rack_id
    cdef public object cluster_id


cdef class FetchedPartition:
    cdef public int partition
    cdef public int error_code
    cdef public long long high_watermark
    cdef public long long last_stable_offset
    cdef public long long log_start_offset
    cdef public object records
    cdef public long long records_bytes
    cdef public object aborted
    cdef public int preferred_read_replica
    cdef public int leader_id
    cdef public int leader_epoch
    cdef public object diverging_epoch
    cdef public object snapshot_id


cpdef FetchRequest decode_fetch(int version, buf, Py_ssize_t at=*)

@cython.locals(raw="const unsigned char[::1]", topic_count="long long", count="long long", room="long long",
               request="FetchRequest", partition="FetchPartition", partitions="list")
cdef FetchRequest _decode_flexible(int version, buf, Py_ssize_t at)

@cython.locals(raw="const unsigned char[::1]", topic_count="long long", count="long long")
cdef Py_ssize_t _read_forgotten(view, Py_ssize_t at, int version, FetchRequest request, long long room) except -1

@cython.locals(raw="const unsigned char[::1]", end="Py_ssize_t", count="long long", tag="long long", size="long long")
cdef Py_ssize_t _read_partition_tags(view, Py_ssize_t at, int version, FetchPartition partition) except -1

@cython.locals(raw="const unsigned char[::1]", count="long long", tag="long long", size="long long")
cdef _read_request_tags(view, Py_ssize_t at, int version, FetchRequest request)

@cython.locals(raw="const unsigned char[::1]", topic_count="long long", count="long long", room="long long",
               request="FetchRequest", partition="FetchPartition", partitions="list")
cdef FetchRequest _decode_legacy(int version, buf, Py_ssize_t at)

@cython.locals(out="bytearray", part="FetchedPartition", chunks="list", passed_bytes="long long",
               made_bytes="long long", size="long long")
cdef tuple _encode_flexible(int version, response)

cdef _write_partition_tags(bytearray out, FetchedPartition part)

@cython.locals(out="bytearray", part="FetchedPartition", chunks="list", total_bytes="long long", size="long long")
cdef tuple _encode_legacy(int version, response)
