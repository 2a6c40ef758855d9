// Package cpu is the backend of package nn in Go: complete and portable. The CPU backend is the oracle of CUDA;
// the plain reference in nn/nntest is the oracle of the CPU backend.
//
// The package's own assembly computes the matrix products on amd64 with AVX-512 or AVX2; elsewhere a library that is found
// at run time, OpenBLAS for instance, else gonum. The loops over elements are Go, with twins in AVX-512, AVX2 and NEON that
// give the same bits. nn/cpu/internal/asmgen writes the assembly of amd64. The package has its own workers: work is cut
// into pieces whose sizes depend on the problem alone, one worker computes a piece with single-threaded
// products, and partial sums are added in the order of the pieces, in float64. Therefore the number of
// workers changes the time, and not one bit of a result.
//
// The methods are in these files: ensemble.go, fit.go, loss.go and predict.go the model player;
// rollout.go, score.go and advantage.go the paths; policy.go, gradient.go, fisher.go and surrogate.go
// the policy player; value.go and valuefit.go its baseline. They use: dynamics.go one step of a
// model around its network, sweep.go chunks of steps and their kept activations, adam.go
// minibatch descent, mlp.go passes through a network, element*.go loops over elements, blas.go matrix
// products, own.go, packed.go and tile*.go the package's own, half*.go and amx_amd64.go those of bf16 numbers, trainer.go and prepared.go passes by them, foreign.go those
// of a library, which kinds.go, openblas.go, kernels.go and probe.go choose and check, shared_*.go the system's loader, workers.go, barrier.go and buffers.go workers and their memory.
//
//go:generate go run ./internal/asmgen .
package cpu
