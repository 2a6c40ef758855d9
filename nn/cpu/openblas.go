//go:build (linux || darwin || windows) && (amd64 || arm64)

package cpu

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/ebitengine/purego"
)

// coreVariable is OpenBLAS's variable that chooses the kernels. The library reads it when it is loaded.
const coreVariable = "OPENBLAS_CORETYPE"

// libraryNames lists where a BLAS is searched, in this order. On macOS that is the library path, Homebrew,
// and Apple's own; on Linux the build of OpenBLAS with threads, where a distribution has several builds,
// then the usual names, then the name of the system's BLAS. Another BLAS of that name is refused.
func libraryNames() []string {
	switch runtime.GOOS {
	case "darwin":
		return []string{
			"libopenblas.dylib",
			"/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
			"/usr/local/opt/openblas/lib/libopenblas.dylib",
			"/System/Library/Frameworks/Accelerate.framework/Accelerate",
		}
	case "windows":
		return []string{"libopenblas.dll", "openblas.dll"}
	}
	return []string{"libopenblasp.so.0", "libopenblas.so.0", "libopenblas.so", "libblas.so.3"}
}

// fastKernels loads OpenBLAS again where it chose kernels that are poor for this processor. OpenBLAS chooses
// when it is loaded, from a list of the processors that its version knows, and cannot be told later. The
// reason says what was changed, or why nothing could be; poor reports whether the kernels in use are.
//
// Where another backend of this process holds the library, loading changes nothing: the kernels stay.
func fastKernels(path string, loaded shared, can abilities) (_ shared, reason string, poor bool, err error) {
	own := coreOf(loaded)
	cores := can.better(own)
	if len(cores) == 0 {
		return loaded, "", false, nil
	}
	if userChoice := userCore(); userChoice != "" {
		return loaded, fmt.Sprintf("%s=%s is set, so OpenBLAS computes with kernels %s although the processor has %s",
			coreVariable, userChoice, own, can.name()), true, nil
	}
	for _, core := range cores {
		if loaded, err = reload(path, loaded, core); err != nil {
			return 0, "", false, err
		}
		if strings.EqualFold(coreOf(loaded), core) && probe(newForeign(loaded)) == nil {
			return loaded, fmt.Sprintf("OpenBLAS by itself takes kernels %s, because it does not know this processor, which has %s",
				own, can.name()), false, nil
		}
	}
	loaded, err = reload(path, loaded, "")
	return loaded, fmt.Sprintf("OpenBLAS computes with kernels %s although the processor has %s; it does not take others", own, can.name()), true, err
}

// reload loads a library again with the named kernels, or with its own choice.
func reload(path string, loaded shared, core string) (shared, error) {
	if err := loaded.close(); err != nil {
		return 0, err
	}
	if core != "" {
		defer setForC(coreVariable, core)()
	}
	return openShared(path)
}

// coreOf asks OpenBLAS for the kernels in use; "" if this one does not say it.
func coreOf(s shared) string { return textOf(s, "openblas_get_corename") }

// textOf calls a function that returns a text of C; "" without the function.
func textOf(s shared, function string) string {
	at, err := s.symbol(function)
	if err != nil {
		return ""
	}
	var text func() string
	purego.RegisterFunc(&text, at)
	return text()
}

// describeOpenBLAS asks for the kernels and the kind of threads. Only builds with POSIX threads lock their
// memory for all callers: a serial build need not, and a build for OpenMP locks it for threads of OpenMP only.
func describeOpenBLAS(s shared) (text string, concurrent bool) {
	const threads = 1 // POSIX threads, or those of Windows
	if core := coreOf(s); core != "" {
		text = " " + core
	}
	if parallel, err := s.symbol("openblas_get_parallel"); err == nil {
		kind, _, _ := purego.SyscallN(parallel)
		concurrent = int32(kind) == threads
	}
	if !concurrent {
		text += ", not built with threads, so one product at a time"
	}
	return text, concurrent
}
