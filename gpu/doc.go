// Package gpu is the contract of package nn on CUDA. Its files have the basenames of their kernels
// in package cuda and of their twins in nn/cpu.
//
// Everything but this page needs the tag cuda, the header cuda.h, and the output of make kernels. A program
// of this build starts anywhere: without a driver or a device, Open says what is missing.
// gpu/internal/launchgen writes the calls of kernels in launch_gen.go from the kernels' signatures.
package gpu

//go:generate go run ./internal/launchgen ../cuda launch_gen.go
