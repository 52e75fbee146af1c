"""The system calls that a container may make: those of Python, numpy and the worker, by name; no other.

Narrower than the engine's own profile by sockets, System V objects, message queues, asynchronous I/O, pipes of pages,
memory files, tracing, special files and clocks. Each test's fork narrows it further (``grader.worker.filtering``).
"""

from __future__ import annotations

import json

_NAMESPACES = 0x7E020000
"""All CLONE_NEW… flags of clone(2) but that of time, which shares its bit with the exit signal."""

_ENOSYS = 38

_FILES = """
    access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64
    fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync fgetxattr flistxattr flock fstat
    fstatfs fsync ftruncate futimesat getcwd getdents getdents64 getxattr ioctl lchown lgetxattr link linkat listxattr
    llistxattr lseek lstat mkdir mkdirat newfstatat open openat openat2 pipe pipe2 pread64 preadv preadv2 pwrite64
    pwritev pwritev2 read readlink readlinkat readv rename renameat renameat2 rmdir sendfile stat statfs statx symlink
    symlinkat truncate umask unlink unlinkat utime utimensat utimes write writev
"""
_MEMORY = "brk madvise membarrier mincore mmap mprotect mremap msync munmap"
_PROCESSES = """
    arch_prctl capget capset execve execveat exit exit_group fork getcpu getegid geteuid getgid getgroups getpgid
    getpgrp getpid getppid getpriority getresgid getresuid getrlimit get_robust_list getrusage getsid gettid getuid
    kill pidfd_open pidfd_send_signal prctl prlimit64 rseq sched_getaffinity sched_getattr sched_getparam
    sched_get_priority_max sched_get_priority_min sched_getscheduler sched_rr_get_interval sched_setaffinity
    sched_yield seccomp setfsgid setfsuid setgid setgroups setpgid setpriority setregid setresgid setresuid setreuid
    setrlimit set_robust_list setsid set_tid_address setuid sysinfo tgkill times tkill uname vfork wait4 waitid
"""
_SIGNALS = """
    pause restart_syscall rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
    rt_sigtimedwait rt_tgsigqueueinfo sigaltstack signalfd signalfd4
"""
_TIME = """
    alarm clock_getres clock_gettime clock_nanosleep getitimer gettimeofday nanosleep setitimer time timer_create
    timer_delete timerfd_create timerfd_gettime timerfd_settime timer_getoverrun timer_gettime timer_settime
"""
_WAITING = """
    epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 futex futex_waitv poll
    ppoll pselect6 select
"""
_PAIRS = "getpeername getsockname getsockopt recvfrom recvmsg sendto setsockopt shutdown socketpair"
"""Sockets that know each other; there are no others, as nothing makes or connects one."""

_ALLOWED = " ".join([_FILES, _MEMORY, _PROCESSES, _SIGNALS, _TIME, _WAITING, _PAIRS, "getrandom"]).split()


def profile() -> str:
    """Return the profile as JSON, in the form that container engines take (OCI runtime specification, seccomp)."""
    in_this_one = {"index": 0, "value": _NAMESPACES, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}
    rules = [
        {"names": sorted(_ALLOWED), "action": "SCMP_ACT_ALLOW"},
        {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [in_this_one]},
        # Its arguments cannot be seen; libraries fall back to clone.
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": _ENOSYS},
    ]
    architectures = [
        {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]},
        {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]},
    ]
    return json.dumps({"defaultAction": "SCMP_ACT_ERRNO", "archMap": architectures, "syscalls": rules})
