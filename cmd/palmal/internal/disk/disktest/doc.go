// Package disktest has folders for tests: one in memory, from which the power can be cut, and one
// whose operations fail.
package disktest
