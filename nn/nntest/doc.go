// Package nntest is the conformance suite that every backend passes: [Run] holds a backend to the
// cases of [Cases], and [RunTasks] holds its scoring to the Go functions of given tasks.
//
// The CPU backend is the oracle of CUDA. The plain reference, [Reference], is the oracle of the CPU backend:
// plain loops in float64 that are written to be read, not to be fast. It shares no arithmetic with the
// backends on purpose: normalisers, the plan of a step, wrapping of angles, scoring and conjugate gradients
// are written here a second time. It is not taken on trust: its gradients are held to finite differences, its Fisher
// product to an explicit matrix and to differences of the KL, its optimiser to the formula, all by
// cases that run on it as on any other backend.
//
// A case carries its own error bound and the reason for it. Every comparison of numbers goes
// through one function, which fails on NaN and Inf on either side. Whole rollouts are never
// compared number by number, since rounding grows along a path: every step is compared with the
// reference's step from the state that the backend itself reached.
//
// What a backend refuses is the guard's affair and tested in package nn; one case shows that a backend
// stands behind it. What a backend may offer beside the contract, such as nn.FisherSolver, has cases too. A backend
// without it skips them, and the test says so.
package nntest
