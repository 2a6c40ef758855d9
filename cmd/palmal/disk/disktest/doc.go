// Package disktest has folders for tests: one in memory that simulates power cuts, and one whose
// operations fail.
package disktest
