// Package trampoline defines the symbols of the CUDA driver and finds the driver at run time, so that a program
// built with the tag cuda starts on a machine without a driver.
//
// Without it the loader needs libcuda.so.1 before any code runs, and the initialisation of
// gorgonia.org/cu ends the process where cuInit fails. With it the linker drops libcuda (--as-needed),
// cuInit does nothing, and every other call jumps to the driver or, until [Start] has found one, returns
// CUDA_ERROR_NO_DEVICE. So a command that needs no device does not pay for the start of a driver, and
// CUDA_VISIBLE_DEVICES can be set for the driver before it starts.
//
// names.h lists the symbols; gen.sh writes it from the sources of cu and of package driver.
package trampoline
