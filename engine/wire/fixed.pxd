# What fixed.py does, for compiled modules: `cimport engine.wire.fixed as fixed` beside their plain import.

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>
    static inline uint16_t rpk_swap16(uint16_t v) { return (uint16_t)((v >> 8) | (v << 8)); }
    static inline uint32_t rpk_swap32(uint32_t v) {
        return (v >> 24) | ((v >> 8) & 0xff00u) | ((v << 8) & 0xff0000u) | (v << 24);
    }
    static inline uint64_t rpk_swap64(uint64_t v) {
        return ((uint64_t)rpk_swap32((uint32_t)v) << 32) | rpk_swap32((uint32_t)(v >> 32));
    }
    static int rpk_is_little(void) { const uint16_t one = 1; return *(const unsigned char *)&one; }
    static inline int16_t rpk_get16(const unsigned char *p) {
        uint16_t v; memcpy(&v, p, 2); return (int16_t)(rpk_is_little() ? rpk_swap16(v) : v);
    }
    static inline int32_t rpk_get32(const unsigned char *p) {
        uint32_t v; memcpy(&v, p, 4); return (int32_t)(rpk_is_little() ? rpk_swap32(v) : v);
    }
    static inline int64_t rpk_get64(const unsigned char *p) {
        uint64_t v; memcpy(&v, p, 8); return (int64_t)(rpk_is_little() ? rpk_swap64(v) : v);
    }
    static inline void rpk_put32(unsigned char *p, int32_t value) {
        uint32_t v = (uint32_t)value; v = rpk_is_little() ? rpk_swap32(v) : v; memcpy(p, &v, 4);
    }
    static inline void rpk_put64(unsigned char *p, int64_t value) {
        uint64_t v = (uint64_t)value; v = rpk_is_little() ? rpk_swap64(v) : v; memcpy(p, &v, 8);
    }
    """
    short rpk_get16(const unsigned char *p) noexcept nogil
    int rpk_get32(const unsigned char *p) noexcept nogil
    long long rpk_get64(const unsigned char *p) noexcept nogil
    void rpk_put32(unsigned char *p, int value) noexcept nogil
    void rpk_put64(unsigned char *p, long long value) noexcept nogil


cdef inline int read_i16(const unsigned char[::1] buf, Py_ssize_t at) except? -1:
    if at < 0 or at > buf.shape[0] - 2:
        raise IndexError(at)
    return rpk_get16(&buf[at])


cdef inline int read_i32(const unsigned char[::1] buf, Py_ssize_t at) except? -1:
    if at < 0 or at > buf.shape[0] - 4:
        raise IndexError(at)
    return rpk_get32(&buf[at])


cdef inline long long read_i64(const unsigned char[::1] buf, Py_ssize_t at) except? -1:
    if at < 0 or at > buf.shape[0] - 8:
        raise IndexError(at)
    return rpk_get64(&buf[at])


cdef inline int write_i32(unsigned char[::1] buf, Py_ssize_t at, int value) except -1:
    if at < 0 or at > buf.shape[0] - 4:
        raise IndexError(at)
    rpk_put32(&buf[at], value)
    return 0


cdef inline int write_i64(unsigned char[::1] buf, Py_ssize_t at, long long value) except -1:
    if at < 0 or at > buf.shape[0] - 8:
        raise IndexError(at)
    rpk_put64(&buf[at], value)
    return 0
