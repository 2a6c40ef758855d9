package mujoco

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unsafe"
)

// Load compiles a model from the text of an MJCF file and the files that it refers to; it may refer to no
// others. A file's name is its path from the model's folder, or its base name. The compiler's warnings are
// errors too, except those of deprecated elements.
func Load(mjcf []byte, assets map[string][]byte) (*Model, error) {
	l, err := process()
	if err != nil {
		return nil, err
	}
	return l.compile(mjcf, assets)
}

// compile writes the files to a folder of their own, which MuJoCo reads and which is then removed.
func (l *library) compile(mjcf []byte, assets map[string][]byte) (m *Model, err error) {
	files, err := arrange(mjcf, assets)
	if err != nil {
		return nil, fmt.Errorf("mujoco: compile model: %w", err)
	}
	folder, err := os.MkdirTemp("", "palmal-model-")
	if err != nil {
		return nil, fmt.Errorf("mujoco: compile model: %w", err)
	}
	defer func() {
		if removed := os.RemoveAll(folder); removed != nil {
			err = errors.Join(err, fmt.Errorf("mujoco: compile model: %w", removed))
		}
	}()
	for name, content := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("mujoco: compile model: %w", err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return nil, fmt.Errorf("mujoco: compile model: %w", err)
		}
	}
	return l.read(folder)
}

// read compiles the model of a folder.
func (l *library) read(folder string) (m *Model, err error) {
	defer caught("compile model", &err)
	words := new(text)
	handle := pointer(l.named("mj_loadXML", uintptr(unsafe.Pointer(cString(filepath.Join(folder, modelName)))), 0,
		uintptr(unsafe.Pointer(words)), uintptr(len(words))))
	complaint := strings.ReplaceAll(words.String(), folder+string(filepath.Separator), "")
	if handle == nil {
		return nil, l.refusal(complaint)
	}
	m = &Model{library: l, handle: handle,
		NQ: l.integer(handle, "mjModel nq"), NV: l.integer(handle, "mjModel nv"), NU: l.integer(handle, "mjModel nu"),
		Timestep: *(*float64)(l.at(handle, "mjModel opt.timestep")),
	}
	// mj_loadXML leaves the compiler's warnings in the text although it succeeded
	if serious(complaint) {
		return nil, errors.Join(l.refusal(complaint), m.Close())
	}
	return m, nil
}

// refusal is what the compiler complains of, with its release, and a remedy where it does not know a word that a newer
// release may know.
func (l *library) refusal(complaint string) error {
	remedy, all := "", releases()
	unknown := strings.Contains(complaint, "Schema violation") || strings.Contains(complaint, "invalid keyword")
	if newest := all[len(all)-1][0]; unknown && l.release != newest {
		remedy = fmt.Sprintf("\nThe model may be written for a newer release, of which this program knows those up to %s: set %s to one, see docs/mujoco.md", newest, Variable)
	}
	return fmt.Errorf("mujoco: compile model: MuJoCo %s: %s%s", l.release, strings.TrimSpace(complaint), remedy)
}

// serious reports whether a warning of the compiler is about more than an old way to write a model.
func serious(warnings string) bool {
	for line := range strings.Lines(warnings) {
		if strings.TrimSpace(line) != "" && !strings.Contains(strings.ToLower(line), "deprecated") {
			return true
		}
	}
	return false
}

// Close frees the model. It fails, and frees nothing, while a Data of it is open.
func (m *Model) Close() error {
	if n := m.open.Load(); n != 0 {
		return fmt.Errorf("mujoco: close model: %d of its data are still open", n)
	}
	if m.handle != nil {
		m.library.named("mj_deleteModel", uintptr(m.handle))
		m.handle = nil
	}
	return nil
}

// ID returns the index of a named object.
func (m *Model) ID(kind Kind, name string) (int, error) {
	id := int(int32(m.library.named("mj_name2id", uintptr(m.handle), uintptr(m.library.value(kind.constant())), uintptr(unsafe.Pointer(cString(name))))))
	if id < 0 {
		return 0, fmt.Errorf("mujoco: the model has no %s %q", kind, name)
	}
	return id, nil
}

// Field returns a copy of an array of the compiled model, by its name in
// mjmodel.h, row-major, numbers of any type widened: "body_mass" [nbody],
// "jnt_range" [njnt,2], "actuator_gear" [nu,6]. layout/members.txt lists them.
func (m *Model) Field(name string) ([]float64, error) {
	first, kind, count, ok := m.library.array(m.handle, m.handle, "mjModel "+name)
	if !ok {
		return nil, fmt.Errorf("mujoco: mjModel has no array %q", name)
	}
	switch kind {
	case 'd':
		return slices.Clone(unsafe.Slice((*float64)(first), count)), nil
	case 'f':
		return widened(unsafe.Slice((*float32)(first), count)), nil
	case 'i':
		return widened(unsafe.Slice((*int32)(first), count)), nil
	case 'l':
		return widened(unsafe.Slice((*int64)(first), count)), nil
	}
	return widened(unsafe.Slice((*uint8)(first), count)), nil
}

func widened[T int32 | int64 | float32 | uint8](x []T) []float64 {
	wide := make([]float64, len(x))
	for i, v := range x {
		wide[i] = float64(v)
	}
	return wide
}
