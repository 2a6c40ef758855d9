// Package gpu is the contract of package nn on CUDA. Its files have the basenames of their kernels
// in package cuda and of their twins in nn/cpu.
//
// Everything but this page needs the tag cuda, cuda.h to build, and make kernels first. A program
// built so starts anywhere: without a driver or a device, Open says what is missing.
//
// The calls of kernels in launch_gen.go are written by gpu/internal/launchgen from the kernels'
// signatures.
package gpu

//go:generate go run ./internal/launchgen ../cuda launch_gen.go
