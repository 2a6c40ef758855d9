// Package mujoco is a thin layer over MuJoCo: it compiles a model from MJCF, steps it, and reads its arrays
// by name.
//
// The library is found at run time ([Find] says where), and may be any release whose layout layout/table.txt
// describes, 2.2.2 or newer; another is refused. Without one every constructor returns [ErrMissing], and the
// rest of the program works. The tasks were measured with 2.2.2: other releases handle contacts differently.
//
// On an error MuJoCo waits for a key and ends the process; it appends warnings to MUJOCO_LOG.TXT. Here both
// become Go errors: the handler of errors panics, which leaves the failed call, and every call recovers
// (see fatal.go).
//
// A Model is read-only once compiled and may be shared; a Data belongs to one goroutine at a time. Both hold
// memory of the library: Close the Data first, then the Model.
package mujoco
