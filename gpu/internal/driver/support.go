//go:build cuda

package driver

/*
#include <cuda.h>
*/
import "C"

import (
	"fmt"
	"slices"
	"strings"
)

// Toolkit is the CUDA version of the headers that this build was made with, 11080 for 11.8.
const Toolkit = int(C.CUDA_VERSION)

// Version returns a CUDA version as people write it, 12.4 for 12040.
func Version(v int) string { return fmt.Sprintf("%d.%d", v/1000, v%1000/10) }

// Support says in words whether and how a build runs on a device.
type Support struct {
	Runs  bool
	Words string
}

// support judges a device by its properties and the code in the build; known is false where that code is unknown.
func support(p Properties, images Images, known bool, toolkit int) Support {
	refused := func(format string, args ...any) Support { return Support{false, fmt.Sprintf(format, args...)} }
	least := toolkit / 1000 * 1000
	if p.Driver < least {
		return refused("the driver supports CUDA %s; this build, made with CUDA %s, needs a driver for CUDA %s or newer: update the NVIDIA driver",
			Version(p.Driver), Version(toolkit), Version(least))
	}
	if p.Mode == ModeProhibited {
		return refused("its compute mode prohibits programs: nvidia-smi -c DEFAULT lifts that")
	}
	if !known {
		return Support{true, "kernels of unknown targets"}
	}
	capability := 10*p.Major + p.Minor
	notes := ""
	if p.Driver < launchExDriver {
		notes = fmt.Sprintf("; value fits are slower: for one launch each they need a driver for CUDA %s", Version(launchExDriver))
	}
	for _, target := range slices.Backward(images.Machine) {
		if target/10 == p.Major && target <= capability {
			return Support{true, fmt.Sprintf("runs machine code for sm_%d%s", target, notes)}
		}
	}
	if len(images.PTX) == 0 || images.PTX[0] > capability {
		return refused("this build has no kernels for sm_%d: it has %s. Devices of compute capability %s or later run it; "+
			"for others add the target to cuda/build.sh, if nvcc has it, and build again", capability, images, images.least())
	}
	if p.Driver < toolkit {
		return refused("this build has no machine code for sm_%d, and the driver, for CUDA %s, cannot compile its kernels: that needs a driver for CUDA %s or newer",
			capability, Version(p.Driver), Version(toolkit))
	}
	return Support{true, fmt.Sprintf("the driver compiles the kernels for sm_%d at the first start, which takes a minute, and keeps them%s", capability, notes)}
}

// least returns the lowest compute capability, as people write it.
func (i Images) least() string {
	lowest := slices.Min(slices.Concat(i.Machine, i.PTX))
	return fmt.Sprintf("%d.%d", lowest/10, lowest%10)
}

// String lists the targets, such as sm_70, sm_80 and PTX for compute_90.
func (i Images) String() string {
	var words []string
	for _, target := range i.Machine {
		words = append(words, fmt.Sprintf("sm_%d", target))
	}
	for _, target := range i.PTX {
		words = append(words, fmt.Sprintf("PTX for compute_%d", target))
	}
	return strings.Join(words, ", ")
}
