// Package nntest is the conformance suite that every backend passes: [Run] holds a backend to the
// cases of [Cases], and [RunTasks] holds its scoring to the Go functions of given tasks.
//
// The CPU backend is the oracle of CUDA. The plain reference, [Reference], is the oracle of the CPU backend:
// plain loops in float64 that are written to be read, not to be fast. It shares no arithmetic with the
// backends on purpose: normalisers, the plan of a step, wrapping of angles, scoring and conjugate gradients
// are written here a second time. The suite also tests the reference: it compares the gradients with finite
// differences, the Fisher product with an explicit matrix and with differences of the KL, and the optimiser
// with its formula, in cases that run on the reference as on any other backend.
//
// A case carries its own error bound and the reason for it. Every comparison of numbers goes
// through one function, which fails on NaN and Inf on either side. Whole rollouts are never
// compared number by number, since rounding grows along a path: every step is compared with the
// reference's step from the state that the backend itself reached.
//
// Package nn tests what the guard refuses; one case here shows that a backend uses the guard. Optional
// interfaces, such as nn.FisherSolver, have cases too. A backend without the interface skips them, and the
// test says so.
package nntest
