//go:build mujoco && cgo

package mujoco

// #cgo LDFLAGS: -lmujoco
// #include <stdlib.h>
// #include "trap.h"
import "C"

import (
	"fmt"
	"maps"
	"slices"
	"unsafe"
)

// wantVersion is the version that the tasks were measured with. Others handle contacts
// differently, so that recordings would no longer replay.
const wantVersion = 222

// Version returns the version of the library in use, such as "2.2.2".
func Version() string {
	v := int(C.mj_version())
	return fmt.Sprintf("%d.%d.%d", v/100, v/10%10, v%10)
}

func checkVersion() error {
	if v := int(C.mj_version()); v != wantVersion || C.mjVERSION_HEADER != wantVersion {
		return fmt.Errorf("mujoco: library is %d, headers were %d, want %d: install libmujoco-dev 2.2.2 and build again",
			v, C.mjVERSION_HEADER, wantVersion)
	}
	return nil
}

// Load compiles a model from the text of an MJCF file and the files that it refers
// to, by name; it may refer to no others. Compiler warnings are errors too.
func Load(mjcf []byte, assets map[string][]byte) (*Model, error) {
	if err := checkVersion(); err != nil {
		return nil, err
	}
	if err := checkFiles(mjcf, assets); err != nil {
		return nil, err
	}
	names := append([]string{"model.xml"}, slices.Sorted(maps.Keys(assets))...)
	files := make([]C.trap_file, len(names))
	for i, name := range names {
		content := mjcf
		if i > 0 {
			content = assets[name]
		}
		files[i] = C.trap_file{name: C.CString(name), content: C.CBytes(content), size: C.int(len(content))}
		defer C.free(unsafe.Pointer(files[i].name))
		defer C.free(unsafe.Pointer(files[i].content))
	}
	text := (*C.char)(C.calloc(C.TRAP_TEXT, 1))
	defer C.free(unsafe.Pointer(text))
	var c *C.mjModel
	if C.trap_load(&files[0], C.int(len(files)), &c, text) != 0 {
		return nil, fmt.Errorf("mujoco: compile model: %s", C.GoString(text))
	}
	return &Model{
		NQ: int(c.nq), NV: int(c.nv), NU: int(c.nu), Timestep: float64(c.opt.timestep),
		handle: unsafe.Pointer(c),
	}, nil
}

func (m *Model) c() *C.mjModel { return (*C.mjModel)(m.handle) }

// Close frees the model. It fails, and frees nothing, while a Data of it is open.
func (m *Model) Close() error {
	if n := m.open.Load(); n != 0 {
		return fmt.Errorf("mujoco: close model: %d of its data are still open", n)
	}
	if m.handle != nil {
		C.mj_deleteModel(m.c())
		m.handle = nil
	}
	return nil
}

// ID returns the index of a named object.
func (m *Model) ID(kind Kind, name string) (int, error) {
	types := [...]C.int{C.mjOBJ_BODY, C.mjOBJ_JOINT, C.mjOBJ_GEOM, C.mjOBJ_SITE, C.mjOBJ_ACTUATOR, C.mjOBJ_CAMERA, C.mjOBJ_SENSOR, C.mjOBJ_KEY}
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	id := int(C.mj_name2id(m.c(), types[kind], s))
	if id < 0 {
		return 0, fmt.Errorf("mujoco: the model has no %s %q", kind, name)
	}
	return id, nil
}

// Field returns a copy of an array of the compiled model, by its name in
// mjmodel.h, row-major, numbers of any type widened: "body_mass" [nbody],
// "jnt_range" [njnt,2], "actuator_gear" [nu,6].
func (m *Model) Field(name string) ([]float64, error) {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	var kind, count C.int
	p := C.model_field(m.c(), s, &kind, &count)
	if p == nil && count == 0 {
		return nil, fmt.Errorf("mujoco: mjModel has no array %q", name)
	}
	switch kind {
	case C.FIELD_NUM:
		return slices.Clone(unsafe.Slice((*float64)(p), count)), nil
	case C.FIELD_INT:
		return widened(unsafe.Slice((*int32)(p), count)), nil
	case C.FIELD_FLOAT:
		return widened(unsafe.Slice((*float32)(p), count)), nil
	}
	return widened(unsafe.Slice((*uint8)(p), count)), nil
}

func widened[T int32 | float32 | uint8](x []T) []float64 {
	wide := make([]float64, len(x))
	for i, v := range x {
		wide[i] = float64(v)
	}
	return wide
}
