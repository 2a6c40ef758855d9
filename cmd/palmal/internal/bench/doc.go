// Package bench times the stages of an iteration on a backend, at fixed sizes and on synthetic data
// and a synthetic task, so that numbers of different machines, backends and programs compare. Beside
// each stage it measures what the backend's BLAS reaches at the same matrix products.
package bench
