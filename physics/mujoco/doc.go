// Package mujoco is a thin layer over MuJoCo 2.2.2: compile a model from MJCF
// in memory, step it, read its arrays by name.
//
// It is the one package that touches the C library, and only where the build
// tag "mujoco" is set; without it, or without cgo, every constructor returns
// [ErrMissing] and the rest of the program is complete.
//
// MuJoCo by itself ends the process on an error, after waiting for a key, and
// appends its warnings to MUJOCO_LOG.TXT. Here both become Go errors: C handlers
// installed when the library is loaded keep the text and jump back to the call
// that failed (see trap.c).
//
// A Model is read-only once compiled and may be shared; a Data belongs to one
// goroutine at a time. Both hold C memory: Close the Data first, then the Model.
package mujoco
