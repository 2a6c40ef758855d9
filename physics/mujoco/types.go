package mujoco

import (
	"errors"
	"sync/atomic"
	"unsafe"
)

// ErrMissing is returned by Load in a build without MuJoCo.
var ErrMissing = errors.New("this build has no MuJoCo: install it (make setup, or apt-get install libmujoco-dev) and build with -tags mujoco")

// ErrUnstable is wrapped by errors of Forward and Step after which MuJoCo gave up on
// the state: non-finite or huge positions, velocities or accelerations, or an overflow
// of its contact or constraint buffers.
var ErrUnstable = errors.New("unstable simulation")

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

// Model is a compiled model, mjModel.
type Model struct {
	NQ, NV, NU int     // numbers of positions, velocities and controls
	Timestep   float64 // s

	handle unsafe.Pointer // *C.mjModel
	open   atomic.Int32   // number of open Data
}

// Data is the state of one simulation of a model, mjData.
//
// The slices are MuJoCo's own memory: writing Qpos or Ctrl sets them in the
// simulation, and none may be used after Close.
type Data struct {
	Qpos []float64 // [NQ] generalised positions
	Qvel []float64 // [NV] generalised velocities
	Ctrl []float64 // [NU] controls

	model  *Model
	handle unsafe.Pointer // *C.mjData
	text   unsafe.Pointer // *C.char, buffer for the text of an error
}
