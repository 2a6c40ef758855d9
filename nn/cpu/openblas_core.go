//go:build (linux || darwin) && (amd64 || arm64)

package cpu

import (
	"os"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/cpu"
)

// coreVariable is what OpenBLAS reads, when it is loaded, to override its guess of the processor.
const coreVariable = "OPENBLAS_CORETYPE"

// preferAVX512 makes OpenBLAS use its AVX-512 kernels where the processor has the instructions and
// the user has not chosen otherwise. Releases such as Debian 12's 0.3.21 know them on Intel only and
// run recent AMD processors at about half of what they can do. Later releases, which detect both, are
// told what they would have chosen. Must be called before the library is loaded.
//
// The variable is set in C's environment, which OpenBLAS reads; Go's own is left alone.
func preferAVX512() {
	x := cpu.X86
	if !(x.HasAVX512F && x.HasAVX512CD && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL) {
		return
	}
	if os.Getenv(coreVariable) != "" {
		return
	}
	setenv, err := purego.Dlsym(purego.RTLD_DEFAULT, "setenv")
	if err != nil {
		return
	}
	name, value := []byte(coreVariable+"\x00"), []byte("SkylakeX\x00")
	const keepExisting = 0
	purego.SyscallN(setenv, uintptr(unsafe.Pointer(&name[0])), uintptr(unsafe.Pointer(&value[0])), keepExisting)
	runtime.KeepAlive(name)
	runtime.KeepAlive(value)
}
