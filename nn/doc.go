// Package nn is the contract between the method and the machines that run it.
//
// It says what the networks are (shapes, the layout of their parameters, how they start), what a
// backend must do with them and what it must refuse, and where the random numbers come from. It
// holds no linear algebra and knows no device: nn/cpu and gpu compute, as a [Machine] each, and nn/nntest
// holds both to the same cases. The checks are here, in front of every machine, and are tested here:
// [Guard] makes a [Backend] of a machine. The rules of the host that all backends share are here too:
// normalisers, the plan of a step, the weights of the loss, scoring.
//
// # Who is whose oracle
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
// [MLP.Layers]: per layer the weights W [in,out], then the bias b [out]. The same vector is what
// the optimiser updates, what a checkpoint holds and what crosses the boundary of a backend. An
// ensemble is E such vectors, [E,P]; a policy is one followed by its log standard deviations [A].
//
// # Randomness
//
// Every random number is a pure function of (seed, stream, step, lane), see [Key]. Nothing depends
// on the order in which workers or threads run.
package nn
