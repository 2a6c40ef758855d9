package cpu

import "golang.org/x/sys/unix"

// permitted asks Linux to let this process use AMX's registers, which make the state of a thread larger, and reports whether it does.
func permitted() bool {
	const request, data = 0x1023, 18 // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILE_DATA
	_, _, errno := unix.RawSyscall(unix.SYS_ARCH_PRCTL, request, data, 0)
	return errno == 0
}
