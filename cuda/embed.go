//go:build cuda

package cuda

import _ "embed"

// image is the output of make kernels.
//
//go:embed build/kernels.fatbin
var image string

// Image is the fat binary of all kernels, in the form that the driver loads.
func Image() string { return image }
