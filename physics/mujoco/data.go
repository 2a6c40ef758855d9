package mujoco

import (
	"errors"
	"fmt"
	"unsafe"
)

// NewData makes a simulation of the model, in its default state.
func (m *Model) NewData() (d *Data, err error) {
	defer caught("make data", &err)
	l := m.library
	handle := pointer(l.named("mj_makeData", uintptr(m.handle)))
	if handle == nil {
		return nil, errors.New("mujoco: make data: out of memory")
	}
	d = &Data{model: m, library: l, handle: handle}
	d.arguments = [2]uintptr{uintptr(m.handle), uintptr(handle)}
	d.warnings = unsafe.Slice((*warning)(l.at(handle, "mjData warning")), l.value("mjNWARNING"))
	d.Qpos, _ = l.floats(m.handle, handle, "mjData qpos")
	d.Qvel, _ = l.floats(m.handle, handle, "mjData qvel")
	d.Ctrl, _ = l.floats(m.handle, handle, "mjData ctrl")
	m.open.Add(1)
	return d, nil
}

// Close frees the data; closing twice does nothing.
func (d *Data) Close() error {
	if d.handle != nil {
		d.library.named("mj_deleteData", uintptr(d.handle))
		d.Qpos, d.Qvel, d.Ctrl, d.handle, d.warnings = nil, nil, nil, nil, nil
		d.model.open.Add(-1)
	}
	return nil
}

// View returns an array of the data by its name in mjdata.h: "xpos" [nbody,3],
// "site_xpos" [nsite,3], "subtree_com" [nbody,3]. layout/members.txt lists them. The slice is MuJoCo's own
// memory, like Qpos. Cartesian arrays are those of the last forward pass, and Step makes that
// before it integrates: after Step they are older than Qpos.
func (d *Data) View(name string) ([]float64, error) {
	numbers, ok := d.library.floats(d.model.handle, d.handle, "mjData "+name)
	if !ok {
		return nil, fmt.Errorf("mujoco: mjData has no array of numbers %q", name)
	}
	return numbers, nil
}

// Reset is mj_resetData: the default state, no warm start, no warnings.
func (d *Data) Reset() (err error) {
	defer caught("reset", &err)
	call(d.library.reset, d.arguments[:]...)
	return nil
}

// Forward is mj_forward: it recomputes everything that depends on Qpos, Qvel and Ctrl.
func (d *Data) Forward() (err error) {
	defer caught("forward", &err)
	call(d.library.forward, d.arguments[:]...)
	return d.warned("forward")
}

// Step is mj_step, n times. After an error the state is undefined until Reset:
// MuJoCo itself resets a state that it finds bad.
func (d *Data) Step(n int) (err error) {
	defer caught("step", &err)
	for range n {
		call(d.library.step, d.arguments[:]...)
		if err := d.warned("step"); err != nil {
			return err
		}
	}
	return nil
}

// ContactForces is mj_rnePostConstraint: it fills cfrc_ext [nbody,6], the torques and forces on bodies from
// outside, of the last forward pass.
func (d *Data) ContactForces() (err error) {
	defer caught("contact forces", &err)
	call(d.library.forces, d.arguments[:]...)
	return nil
}

// warned returns an error if any warning has been counted since the last reset. Only MuJoCo's counters are
// reliable: it writes a text only for the first warning of each type, in a buffer that all threads share.
// So the text is our own.
func (d *Data) warned(doing string) error {
	for i := range d.warnings {
		if d.warnings[i].number != 0 {
			return fmt.Errorf("mujoco: %s: %w: %s", doing, ErrUnstable, d.library.meaning(i, d.warnings[i].last))
		}
	}
	return nil
}

// meaning words a warning of mjtWarning.
func (l *library) meaning(kind int, about int32) string {
	for _, w := range [...]struct{ name, words string }{
		{"mjWARN_INERTIA", "inertia matrix close to singular at DOF %d"},
		{"mjWARN_CONTACTFULL", "contact buffer full, nconmax %d"},
		{"mjWARN_CNSTRFULL", "constraint buffer full, njmax %d"},
		{"mjWARN_VGEOMFULL", "visual geom buffer full, maxgeom %d"},
		{"mjWARN_BADQPOS", "NaN, infinite or huge QPOS at DOF %d"},
		{"mjWARN_BADQVEL", "NaN, infinite or huge QVEL at DOF %d"},
		{"mjWARN_BADQACC", "NaN, infinite or huge QACC at DOF %d"},
		{"mjWARN_BADCTRL", "NaN or infinite control of actuator %d"},
	} {
		if l.value(w.name) == kind {
			return fmt.Sprintf(w.words, about)
		}
	}
	return fmt.Sprintf("warning %d of mjtWarning, about %d", kind, about)
}
