"""Names of system calls, for every architecture; `seccomp` makes a program of them.

Read beside the man pages: what is in no list does not exist inside a stage.
"""

from __future__ import annotations


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ALLOWED = _names("""
read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close close_range dup dup2
dup3 open openat openat2 creat access faccessat faccessat2 stat fstat lstat newfstatat statx statfs fstatfs
readlink readlinkat getdents getdents64 getcwd chdir fchdir mkdir mkdirat rmdir rename renameat renameat2
link linkat symlink symlinkat unlink unlinkat ftruncate fallocate fadvise64 readahead fsync
fdatasync sync_file_range sendfile copy_file_range splice tee flock fcntl umask pipe pipe2 eventfd eventfd2
inotify_init inotify_init1 inotify_add_watch inotify_rm_watch getxattr lgetxattr fgetxattr listxattr
llistxattr flistxattr poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_ctl_old
epoll_wait epoll_wait_old epoll_pwait epoll_pwait2 timerfd_create timerfd_settime timerfd_gettime signalfd
signalfd4 brk mmap munmap mremap mprotect madvise msync mincore mlock mlock2 munlock mlockall munlockall
membarrier pkey_alloc pkey_free pkey_mprotect get_mempolicy set_mempolicy mbind futex futex_waitv futex_wake
futex_wait futex_requeue set_robust_list get_robust_list rseq set_tid_address gettid getpid getppid getpgrp
getpgid getsid getuid geteuid getgid getegid getresuid getresgid getgroups capget arch_prctl prctl
set_thread_area get_thread_area riscv_flush_icache riscv_hwprobe cacheflush fork vfork execve execveat exit
exit_group wait4 waitid restart_syscall rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend
rt_sigtimedwait sigaltstack sigreturn pause alarm getitimer setitimer timer_create timer_settime
timer_gettime timer_getoverrun timer_delete clock_gettime clock_getres clock_nanosleep nanosleep
gettimeofday time times sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_getscheduler
sched_getattr sched_get_priority_max sched_get_priority_min getpriority getcpu getrlimit setrlimit getrusage
sysinfo uname getrandom sendmsg recvmsg recvmmsg recvfrom shutdown getsockopt setsockopt getsockname
getpeername
""")
"""Files, waiting, memory, threads, time and talking on sockets that exist already."""

SIGNALS = _names("""
kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open pidfd_send_signal
""")
"""Harmless in an own process namespace; without one they reach the supervisor."""

OWNERSHIP = _names("""
truncate chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes utimensat futimesat
setsid setpgid setpriority
""")
"""Landlock lets these pass on any file of the same user (truncate before ABI 3), so they need namespaces."""

SOUND = _names("""
shmget shmat shmdt shmctl semget semop semctl semtimedop sched_setscheduler sched_setparam
""")
"""ALSA's mixer shares memory between its clients; PortAudio asks for real-time priority."""

DENIED = _names("""
socket connect bind listen accept accept4 sendmmsg socketcall ptrace process_vm_readv process_vm_writev
process_madvise process_mrelease pidfd_getfd kcmp io_uring_setup io_uring_enter io_uring_register io_setup
io_submit userfaultfd memfd_create memfd_secret bpf perf_event_open fanotify_init fanotify_mark keyctl
add_key request_key unshare setns mount umount umount2 pivot_root chroot mount_setattr move_mount open_tree
fsopen fsconfig fsmount fspick mknod mknodat name_to_handle_at open_by_handle_at quotactl quotactl_fd
personality kexec_load kexec_file_load init_module finit_module delete_module create_module reboot swapon
swapoff syslog acct settimeofday clock_settime clock_adjtime adjtimex stime sethostname setdomainname iopl
ioperm modify_ldt vhangup lookup_dcookie nfsservctl seccomp landlock_create_ruleset vm86 vm86old setuid
setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid capset setxattr lsetxattr fsetxattr
removexattr lremovexattr fremovexattr msgget mq_open ioprio_set migrate_pages move_pages
""")
"""Refused with EPERM rather than ENOSYS, so that a log shows a refusal."""
