// Package cpu is the backend of package nn in Go: complete, portable, and the oracle of every other
// backend.
//
// Matrix products go to OpenBLAS where it is found at run time, else to gonum; the loops over
// elements are Go, with AVX2 twins that give the same bits. The workers are this package's own:
// work is cut into pieces whose sizes depend on the problem alone, every piece is computed by one
// worker with single-threaded products, and partial sums are added in the order of the pieces, in
// float64. So the number of workers changes the time and not one bit of a result.
//
// Which method is in which file: fit.go and ensemble.go the model player; rollout.go, score.go and
// advantage.go the paths; gradient.go, fisher.go and surrogate.go the policy player; value.go and
// valuefit.go its baseline. Below them: mlp.go passes through one network, element*.go loops over
// elements, blas.go matrix products, workers.go the workers and their memory.
package cpu
