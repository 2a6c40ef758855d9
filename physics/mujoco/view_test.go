package mujoco

import "testing"

func TestMUJOCO_GLIsReadAsItsOwnerReadsIt(t *testing.T) {
	for value, want := range map[string]string{"": AnyGL, "egl": EGL, " EGL ": EGL, "OSMesa": OSMesa, "off": NoGL, "0": NoGL, "Disabled": NoGL,
		"false": NoGL, "1": AnyGL, "on": AnyGL, "True": AnyGL, "glfw": AnyGL, "glx": AnyGL} {
		if got, err := ReadGL(value); err != nil || got != want {
			t.Errorf("%q is read as %q, error %v, want %q", value, got, err, want)
		}
	}
	for _, value := range []string{"vulkan", "no", "2", "egl,osmesa"} {
		if got, err := ReadGL(value); err == nil {
			t.Errorf("%q is read as %q", value, got)
		}
	}
}
