package cpu

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// Processor is the model of the processor if the system says it, else the architecture.
func Processor() string {
	if model, err := unix.Sysctl("machdep.cpu.brand_string"); err == nil && model != "" {
		return model
	}
	return runtime.GOARCH
}
