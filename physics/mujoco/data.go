//go:build mujoco && cgo

package mujoco

// #include <stdlib.h>
// #include "trap.h"
import "C"

import (
	"fmt"
	"unsafe"
)

// NewData makes a simulation of the model, in its default state.
func (m *Model) NewData() (*Data, error) {
	text := C.calloc(C.TRAP_TEXT, 1)
	var c *C.mjData
	if C.trap_make_data(m.c(), &c, (*C.char)(text)) != 0 {
		err := fmt.Errorf("mujoco: make data: %s", C.GoString((*C.char)(text)))
		C.free(text)
		return nil, err
	}
	m.open.Add(1)
	return &Data{
		Qpos:   unsafe.Slice((*float64)(c.qpos), m.NQ),
		Qvel:   unsafe.Slice((*float64)(c.qvel), m.NV),
		Ctrl:   unsafe.Slice((*float64)(c.ctrl), m.NU),
		model:  m,
		handle: unsafe.Pointer(c),
		text:   text,
	}, nil
}

func (d *Data) c() *C.mjData { return (*C.mjData)(d.handle) }

// Close frees the data; closing twice does nothing.
func (d *Data) Close() error {
	if d.handle != nil {
		C.mj_deleteData(d.c())
		C.free(d.text)
		d.Qpos, d.Qvel, d.Ctrl, d.handle, d.text = nil, nil, nil, nil, nil
		d.model.open.Add(-1)
	}
	return nil
}

// View returns an array of the data by its name in mjdata.h: "xpos" [nbody,3],
// "site_xpos" [nsite,3], "subtree_com" [nbody,3]. The slice is MuJoCo's own memory,
// like Qpos. Cartesian arrays are those of the last forward pass, and Step makes that
// before it integrates: after Step they are older than Qpos.
func (d *Data) View(name string) ([]float64, error) {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	var count C.int
	p := C.data_field(d.model.c(), d.c(), s, &count)
	if p == nil {
		return nil, fmt.Errorf("mujoco: mjData has no array of numbers %q", name)
	}
	return unsafe.Slice((*float64)(p), count), nil
}

// Reset is mj_resetData: the default state, no warm start, no warnings.
func (d *Data) Reset() error {
	return d.check("reset", C.trap_reset(d.model.c(), d.c(), (*C.char)(d.text)))
}

// Forward is mj_forward: it recomputes everything that depends on Qpos, Qvel and Ctrl.
func (d *Data) Forward() error {
	return d.check("forward", C.trap_forward(d.model.c(), d.c(), (*C.char)(d.text)))
}

// Step is mj_step, n times. After an error the state is undefined until Reset:
// MuJoCo itself resets a state that it finds bad.
func (d *Data) Step(n int) error {
	return d.check("step", C.trap_step(d.model.c(), d.c(), C.int(n), (*C.char)(d.text)))
}

// ContactForces is mj_rnePostConstraint: it fills cfrc_ext [nbody,6], the torques and forces on bodies from
// outside, of the last forward pass.
func (d *Data) ContactForces() error {
	return d.check("contact forces", C.trap_forces(d.model.c(), d.c(), (*C.char)(d.text)))
}

func (d *Data) check(call string, result C.int) error {
	switch result {
	case 0:
		return nil
	case C.TRAP_WARNING:
		return fmt.Errorf("mujoco: %s: %w: %s", call, ErrUnstable, C.GoString((*C.char)(d.text)))
	}
	return fmt.Errorf("mujoco: %s: %s", call, C.GoString((*C.char)(d.text)))
}
