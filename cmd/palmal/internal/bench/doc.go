// Package bench times the stages of an iteration on a backend, at fixed sizes and on synthetic data
// and a synthetic task, so that numbers of different machines, backends and programs are comparable. For
// each stage it also measures the rate of the backend's BLAS at the same matrix products.
package bench
