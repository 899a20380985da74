cimport cython

cimport engine.metrics.kafka as kafka_metrics
cimport engine.partition.append_checks as append_checks
cimport engine.partition.commit_queue as commit_queue
cimport engine.partition.producer_state as producer_state
cimport engine.wire.batch_header as batch_header


cdef class Appended:
    cdef public long long base_offset
    cdef public long long next_offset
    cdef public long long append_time_ms


cdef class Partition:
    cdef public object _clock
    cdef commit_queue.CommitQueue _durables
    cdef commit_queue.CommitQueue _while_leading
    cdef bint _producers_stale
    cdef commit_queue.CommitQueue _commits
    cdef append_checks.BatchRules _rules
    cdef public object config
    cdef public kafka_metrics.PartitionCounters counters
    cdef public bint failed
    cdef public dict fetch_waiters
    cdef public object group
    cdef public long long high_watermark
    cdef public int leader_epoch
    cdef public bint leads
    cdef public object log
    cdef public object on_commit
    cdef public object on_leadership
    cdef public object on_reset
    cdef public dict open_transactions
    cdef public producer_state.ProducerStates producers
    cdef public object topic_id
    cdef public object topic_partition

    cpdef when_committed(self, long long offset, callback)

    cpdef when_durable(self, long long offset, callback)

    @cython.locals(rules=append_checks.BatchRules, header=batch_header.BatchHeader, now_ms="long long",
                   append_time_ms="long long", base_offset="long long", has_producer="bint",
                   known=producer_state.RememberedBatch, counters=kafka_metrics.PartitionCounters)
    cpdef Appended append(self, records, int produce_version=*)

    cpdef _append_to_log(self, batch, batch_header.BatchHeader header)
