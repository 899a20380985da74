cimport cython

cimport engine.kafka.call as kafka_call
cimport engine.partition.partition as partition_room
cimport engine.wire.produce as wire_produce


cdef class _Produce:
    cdef public kafka_call.Call call
    cdef public int acks
    cdef public bint has_answer
    cdef public bint moved
    cdef public long long timer_bucket
    cdef public list results
    cdef public dict waiting

    @cython.locals(answers="list", answer=wire_produce.ProducedPartition, index="int", served="dict")
    cpdef append_all(self, wire_produce.ProduceRequest request)

    @cython.locals(appended=partition_room.Appended)
    cdef _append(self, partition_room.Partition found, wire_produce.ProducedPartition answer, records)

    cpdef answer_or_wait(self, long long timeout_ms)
    cpdef _committed(self, answer, code)
    cdef _answer(self)


@cython.locals(request=wire_produce.ProduceRequest, produce="_Produce", timeout_ms="long long", acks="int")
cpdef handle(kafka_call.Call call)
