// Package nn is the contract between the method and the machines that run it.
//
// The package defines the networks (shapes, layout of the parameters, initial values), what a backend
// must compute and what it must refuse, and the source of the random numbers. It holds no linear
// algebra and knows no device: nn/cpu and gpu each implement a [Machine], and nn/nntest tests both with
// the same cases. [Guard] makes a [Backend] of a machine: the checks of all arguments are in this
// package, in front of every machine, and are tested here. All backends share the host's rules, which
// are here too: normalisers, the plan of a step, the weights of the loss, scoring.
//
// # Oracles
//
// The CPU backend is the oracle of CUDA. The plain reference in nn/nntest is the oracle of the CPU backend.
//
// # Letters
//
// These letters stand for sizes everywhere, in comments and in code:
//
//	E members of an ensemble    O observation    H hidden units
//	B rows of a minibatch       A action         P parameters of one network
//	N paths                     R reward terms   n rows of a dataset
//	T steps of a path
//
// Arrays are row-major float32 with the slowest axis first: x [E,B,O] holds member 0 before
// member 1. Sums over samples are float64 on the host and float32 in a fixed order on a device.
//
// # Parameters
//
// Every network keeps its parameters in one flat vector, [P], whose table of offsets is
// [MLP.Layers]: per layer the weights W [in,out], then the bias b [out]. The optimiser updates this
// vector, a checkpoint holds it, and it crosses the boundary of a backend. An ensemble has E such
// vectors, [E,P]; a policy has one, which ends with the log standard deviations [A].
//
// # Randomness
//
// Every random number is a pure function of (seed, stream, step, lane), see [Key]. The order in which
// workers or threads run changes nothing.
package nn
