package mujoco

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"unsafe"
)

// library is MuJoCo, loaded into this process, with the addresses of the functions that are called often.
type library struct {
	layout
	handle uintptr
	path   string
	source string // where it was found, in words

	opening sync.Mutex         // held while a way to OpenGL is tried
	drawsBy string             // the way that worked, see openCanvas
	symbols map[string]uintptr // addresses; written while it is loaded only

	step, forward, reset, forces uintptr // addresses
}

// process is the library of this process, found at the first use: MuJoCo's handlers of errors and OpenGL's
// functions exist once per process.
var process = sync.OnceValues(func() (*library, error) { return find(os.Getenv(Variable)) })

// Library describes the library in use.
type Library struct {
	Version string // such as "2.2.2"
	Path    string // its file
	SHA256  string // hash of the file
}

// InUse returns a description of the library in use. The error wraps ErrMissing where there is none.
func InUse() (Library, error) {
	l, err := process()
	if err != nil {
		return Library{}, err
	}
	hash, err := hashOf(l.path)
	if err != nil {
		return Library{}, fmt.Errorf("mujoco: hash of the library: %w", err)
	}
	return Library{Version: l.release, Path: l.path, SHA256: hash}, nil
}

// Version returns the version of the library in use, such as "2.2.2"; "" where there is none.
func Version() string {
	l, err := process()
	if err != nil {
		return ""
	}
	return l.release
}

func hashOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// functions are the functions that the package calls, beside those that need OpenGL.
func functions() []string {
	return []string{"mj_version", "mj_loadXML", "mj_deleteModel", "mj_copyModel", "mj_makeData", "mj_deleteData", "mj_resetData",
		"mj_forward", "mj_step", "mj_rnePostConstraint", "mj_name2id", "mj_kinematics", "mj_comPos", "mj_camlight", "mj_tendon",
		"mjv_defaultScene", "mjv_defaultOption", "mjv_defaultCamera", "mjv_defaultFreeCamera", "mjv_makeScene", "mjv_freeScene", "mjv_updateScene",
		"mju_user_error", "mju_user_warning"}
}

// loadLibrary opens the library at a path, or by a name that the system's loader looks for, and checks that it is
// what the table of layouts says.
func loadLibrary(name, source string) (*library, error) {
	handle, err := openLibrary(name)
	if err != nil {
		return nil, err
	}
	l := &library{handle: handle, source: source, symbols: map[string]uintptr{}}
	if err := l.prepare(name); err != nil {
		return nil, errors.Join(err, closeLibrary(handle))
	}
	return l, nil
}

func (l *library) prepare(name string) error {
	for _, function := range functions() {
		address, err := symbol(l.handle, function)
		if err != nil {
			return fmt.Errorf("it is not MuJoCo: %w", err)
		}
		l.symbols[function] = address
	}
	for _, function := range drawing() {
		if address, err := symbol(l.handle, function); err == nil {
			l.symbols[function] = address
		}
	}
	var err error
	if l.layout, err = layoutOf(int(int32(l.named("mj_version")))); err != nil {
		return err
	}
	if l.path, err = fileOf(name, l.symbols["mj_version"]); err != nil {
		return err
	}
	l.step, l.forward = l.symbols["mj_step"], l.symbols["mj_forward"]
	l.reset, l.forces = l.symbols["mj_resetData"], l.symbols["mj_rnePostConstraint"]
	*(*uintptr)(pointer(l.symbols["mju_user_error"])) = callback(onError)
	// Warnings are read from their counters. The handler keeps MuJoCo from writing its log; it may be called
	// on any thread, and mj_version does nothing whatever it is called with.
	*(*uintptr)(pointer(l.symbols["mju_user_warning"])) = l.symbols["mj_version"]
	return l.check()
}

// named calls a function by its name. Arguments are integers or addresses, see call.
//
//go:uintptrescapes
func (l *library) named(function string, arguments ...uintptr) uintptr {
	return call(l.symbols[function], arguments...)
}

// text is room for the text of an error.
type text [1024]byte

func (t *text) String() string { return goString(unsafe.Pointer(t)) }
