// Package mujoco is a thin layer over MuJoCo 2.2.2: it compiles a model
// from MJCF in memory, steps it, and reads its arrays by name.
//
// No other package uses the C library, and this one only with the build tag
// "mujoco"; without it, or without cgo, every constructor returns [ErrMissing]
// and the rest of the program works.
//
// On an error MuJoCo waits for a key and ends the process; it appends warnings to
// MUJOCO_LOG.TXT. Here both become Go errors: C handlers installed when the library
// is loaded keep the text and jump back to the failed call (see trap.c).
//
// A Model is read-only once compiled and may be shared; a Data belongs to one
// goroutine at a time. Both hold C memory: Close the Data first, then the Model.
package mujoco
