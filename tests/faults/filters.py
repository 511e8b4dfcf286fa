"""What a child process does to itself before it becomes the program under test."""
import ctypes
import errno
import os
import resource
import struct

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
BPF_LOAD_NUMBER = struct.pack("HBBI", 0x20, 0, 0, 0)  # Of the call: the first word of its data.
SECCOMP_ALLOW, SECCOMP_ERRNO = 0x7FFF0000, 0x00050000
IO_URING_SETUP = 425  # On every architecture (include/uapi/asm-generic/unistd.h).
NOBODY = 65_534


class SockFprog(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def jump_if_equal(value, skip_if_not):
    return struct.pack("HBBI", 0x15, 0, skip_if_not, value)


def answer(value):
    return struct.pack("HBBI", 0x06, 0, 0, value)


def deny_io_uring(error):
    """As a container's seccomp profile does (EPERM), or a kernel that has none (ENOSYS)."""
    program = (BPF_LOAD_NUMBER + jump_if_equal(IO_URING_SETUP, 1) + answer(SECCOMP_ERRNO | error) +
               answer(SECCOMP_ALLOW))
    memory = ctypes.create_string_buffer(program, len(program))
    libc = ctypes.CDLL(None, use_errno=True)

    def deny():
        filters = SockFprog(len(program) // 8, ctypes.addressof(memory))
        if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or \
                libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(filters), 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")

    return deny


def few_descriptors(count):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))


def little_locked_memory(size):
    """Nor the right to lock more (CAP_IPC_LOCK), which root has."""
    def limit():
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (size, size))
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
    return limit


EPERM, ENOSYS = errno.EPERM, errno.ENOSYS
