//go:build !linux && !darwin && !windows

package cpu

import "runtime"

// Processor is the architecture: this system is not asked for the model.
func Processor() string { return runtime.GOARCH }
