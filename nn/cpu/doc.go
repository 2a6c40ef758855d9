// Package cpu is the backend of package nn in Go: complete and portable. The CPU backend is the oracle of CUDA;
// the plain reference in nn/nntest is the oracle of the CPU backend.
//
// Matrix products go to OpenBLAS where it is found at run time, else to gonum; the loops over
// elements are Go, with AVX2 twins that give the same bits. The workers are this package's own:
// work is cut into pieces whose sizes depend on the problem alone, every piece is computed by one
// worker with single-threaded products, and partial sums are added in the order of the pieces, in
// float64. So the number of workers changes the time and not one bit of a result.
//
// Which method is in which file: ensemble.go, fit.go, loss.go and predict.go the model player;
// rollout.go, score.go and advantage.go the paths; policy.go, gradient.go, fisher.go and surrogate.go
// the policy player; value.go and valuefit.go its baseline. Below them: dynamics.go one step of a
// model around its network, sweep.go chunks of steps and the activations kept from them, adam.go
// minibatch descent, mlp.go passes through a network, element*.go loops over elements, blas.go and
// openblas.go matrix products, workers.go, barrier.go and buffers.go workers and their memory.
package cpu
