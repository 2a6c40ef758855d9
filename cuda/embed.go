//go:build cuda

package cuda

import _ "embed"

// image is what make kernels built.
//
//go:embed build/kernels.fatbin
var image string

// Image is the fat binary of all kernels, as the driver loads it.
func Image() string { return image }
