//go:build (linux || darwin || windows) && (amd64 || arm64)

package cpu

import (
	"bytes"
	"strings"

	"github.com/ebitengine/purego"
)

const openBLASName = "OpenBLAS"

// kind is a library that this package knows: how to recognise it, to limit it to one thread, and to name it.
type kind struct {
	name     string
	mark     string // a function that no other library has
	searched bool   // may be used although no user named it
	limit    func(s shared)
	// describe returns what follows the name, and whether several threads may multiply at once.
	describe func(s shared) (text string, concurrent bool)
}

// kinds lists the libraries that are known.
func kinds() []kind {
	return []kind{
		{openBLASName, "openblas_set_num_threads", true, func(s shared) { tell(s, "openblas_set_num_threads", 1) }, describeOpenBLAS},
		{"MKL", "MKL_Set_Num_Threads", false, limitMKL, func(s shared) (string, bool) { return versionOfMKL(s), true }},
		{"BLIS", "bli_thread_set_num_threads", false, func(s shared) { tell(s, "bli_thread_set_num_threads", 1) },
			func(s shared) (string, bool) { return spaced(textOf(s, "bli_info_get_version_str")), true }},
		{"ATLAS", "ATL_buildinfo", false, func(shared) {}, func(shared) (string, bool) { return "", true }},
		{"Accelerate", "vDSP_vadd", true, func(shared) {}, func(shared) (string, bool) { return "", true }},
	}
}

// kindOf recognises a library. One that is not known multiplies for one worker at a time, because it may
// keep memory between calls; its threads are limited by the variables that most libraries read.
func kindOf(s shared) kind {
	for _, k := range kinds() {
		if _, err := s.symbol(k.mark); err == nil {
			return k
		}
	}
	return kind{name: "another BLAS", limit: func(shared) {},
		describe: func(shared) (string, bool) { return ", not known, so one product at a time", false }}
}

// tell calls a function of one whole number, if the library has it.
func tell(s shared, function string, number uintptr) {
	if at, err := s.symbol(function); err == nil {
		purego.SyscallN(at, number)
	}
}

// limitMKL chooses the layer without threads, and the mode in which equal products give equal bits wherever
// their matrices lie. Both must be said before the first product. Source: MKL's developer reference.
func limitMKL(s shared) {
	const sequential, automatic = 1, 2 // MKL_THREADING_SEQUENTIAL, MKL_CBWR_AUTO
	tell(s, "MKL_Set_Threading_Layer", sequential)
	tell(s, "MKL_CBWR_Set", automatic)
	tell(s, "MKL_Set_Num_Threads", 1)
}

// versionOfMKL is MKL's version, as " 2024.0"; "" if it does not say it.
func versionOfMKL(s shared) string {
	at, err := s.symbol("MKL_Get_Version_String")
	if err != nil {
		return ""
	}
	text := make([]byte, 256)
	purego.SyscallN(at, address(&text[0]), uintptr(len(text)-1))
	end := bytes.IndexByte(text, 0)
	_, after, found := strings.Cut(string(text[:max(end, 0)]), "Version ")
	if !found {
		return ""
	}
	version, _, _ := strings.Cut(after, "-")
	return spaced(version)
}

// spaced puts a blank in front of a text that is not empty.
func spaced(text string) string {
	if text == "" {
		return ""
	}
	return " " + text
}
