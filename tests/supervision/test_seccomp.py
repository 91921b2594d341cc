"""What the program lets through is tested from inside, in test_launch; here its shape."""

from __future__ import annotations

import os

import pytest

from appliance.errors import SandboxError
from appliance.supervision import seccomp, syscalls

SOUND_ONLY = set(syscalls.SOUND)


def test_a_program_is_whole_instructions_and_fits_the_kernel() -> None:
    code = seccomp.program()
    assert len(code) % 8 == 0
    assert 100 < len(code) // 8 < 4_096


def test_kinds_of_walls_have_programs_of_their_own() -> None:
    kinds = {
        seccomp.program(own_namespaces=own, sound=sound) for own in (True, False) for sound in (True, False)
    }
    assert len(kinds) == 4


def test_no_call_is_both_allowed_and_denied() -> None:
    allowed = {*syscalls.ALLOWED, *syscalls.SIGNALS, *syscalls.OWNERSHIP, *syscalls.SOUND}
    assert allowed & set(syscalls.DENIED) == set()


@pytest.mark.parametrize(
    "name",
    ["socket", "connect", "ptrace", "mount", "unshare", "setns", "bpf", "io_uring_setup", "keyctl",
     "userfaultfd", "process_vm_writev", "pidfd_getfd", "open_by_handle_at", "memfd_create",
     "personality", "kexec_load"],
)  # fmt: skip
def test_what_must_be_refused_is_named(name: str) -> None:
    assert name in syscalls.DENIED


def test_a_descriptor_is_read_from_its_start() -> None:
    number = seccomp.descriptor(b"12345678")
    try:
        assert os.read(number, 100) == b"12345678"
        assert not os.get_inheritable(number)
    finally:
        os.close(number)


def test_without_the_library_there_is_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyseccomp", None)
    with pytest.raises(SandboxError) as caught:
        seccomp.program()
    assert "libseccomp2" in caught.value.hint
