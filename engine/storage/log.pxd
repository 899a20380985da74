cimport cython

cimport engine.storage.chunk as chunk_room
cimport engine.storage.segment as segment_room
cimport engine.storage.segment_index as index_room
cimport engine.wire.batch_header as batch_header


cdef class Log:
    cdef public dict _cursors
    cdef public long long _interval_bytes
    cdef public object _storage
    cdef public segment_room.Segment active
    cdef public list bases
    cdef public set cached_paths
    cdef public long long cleaned_offset
    cdef public object compaction_limit
    cdef public object config
    cdef public object delete_limit
    cdef public bint deleted
    cdef public object directory
    cdef public bint directory_synced
    cdef public long long durable_offset
    cdef public long long durable_position
    cdef public segment_room.Segment durable_segment
    cdef public long long end_offset
    cdef public object epochs
    cdef public object failed
    cdef public object floor_lsn
    cdef public long long generation
    cdef public long long horizon_ms
    cdef public object log_id
    cdef public object on_durable
    cdef public object on_failure
    cdef public object on_start_moved
    cdef public chunk_room.Chunk open_chunk
    cdef public object partition
    cdef public object pinned_lsn
    cdef public long long recovery_base
    cdef public long long recovery_offset
    cdef public long long recovery_position
    cdef public list segments
    cdef public long long segments_version
    cdef public object snapshot
    cdef public long long start_offset
    cdef public object suspended
    cdef public object take_snapshot

    @cython.locals(base_offset="long long", next_offset="long long", size="long long",
                   segment=segment_room.Segment, index=index_room.SegmentIndex, chunk=chunk_room.Chunk)
    cpdef append(self, batch, batch_header.BatchHeader header)

    @cython.locals(position="long long", segment=segment_room.Segment)
    cpdef flushed(self, chunk_room.Chunk chunk)
