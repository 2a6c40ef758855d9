package mujoco

import (
	"errors"
	"sync/atomic"
	"unsafe"
)

// ErrMissing is wrapped by the errors of Load, and of what needs a model, where no usable MuJoCo was found.
var ErrMissing = errors.New("MuJoCo was not found: make setup, or apt-get install libmujoco-dev, or pip install mujoco==2.2.2 " +
	"(Python 3.10 or older), or name a library or a wheel in " + Variable)

// ErrUnusable is wrapped beside ErrMissing where libraries were found but none could be used.
var ErrUnusable = errors.New("found and not usable")

// ErrUnstable is wrapped by errors of Forward and Step after which MuJoCo gave up on
// the state: non-finite or huge positions, velocities or accelerations, or an overflow
// of its contact or constraint buffers.
var ErrUnstable = errors.New("unstable simulation")

// ErrFatal is wrapped by errors that MuJoCo does not return from, such as an overflow of its stack.
var ErrFatal = errors.New("MuJoCo gave up")

// Kind is the kind of a named object of a model.
type Kind int

// The kinds whose names can be looked up.
const (
	Body Kind = iota
	Joint
	Geom
	Site
	Actuator
	Camera
	Sensor
	Keyframe
)

// String returns the name of k's element in MJCF.
func (k Kind) String() string {
	return [...]string{"body", "joint", "geom", "site", "actuator", "camera", "sensor", "key"}[k]
}

// constant is the name of k in MuJoCo's headers.
func (k Kind) constant() string {
	return [...]string{"mjOBJ_BODY", "mjOBJ_JOINT", "mjOBJ_GEOM", "mjOBJ_SITE", "mjOBJ_ACTUATOR", "mjOBJ_CAMERA", "mjOBJ_SENSOR", "mjOBJ_KEY"}[k]
}

// Model is a compiled model, mjModel.
type Model struct {
	NQ, NV, NU int     // numbers of positions, velocities and controls
	Timestep   float64 // s

	library *library
	handle  unsafe.Pointer // mjModel*
	open    atomic.Int32   // number of open Data
}

// Data is the state of one simulation of a model, mjData.
//
// The slices are MuJoCo's own memory: writing Qpos or Ctrl sets them in the
// simulation, and none may be used after Close.
type Data struct {
	Qpos []float64 // [NQ] generalised positions
	Qvel []float64 // [NV] generalised velocities
	Ctrl []float64 // [NU] controls

	model    *Model
	library  *library
	handle   unsafe.Pointer // mjData*
	warnings []warning      // MuJoCo's own memory

	arguments [2]uintptr // model and data, which most functions take, kept here so that a call allocates nothing
}

// warning is mjWarningStat of mjdata.h.
type warning struct {
	last   int32 // what the last one was about, such as a DOF
	number int32 // how many since the last reset
}
