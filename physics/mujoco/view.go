package mujoco

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrNoGL is wrapped by the error of NewRenderer on a computer without OpenGL.
var ErrNoGL = errors.New("no OpenGL to draw with: apt-get install libosmesa6, or libegl1 libegl-mesa0 libgl1-mesa-dri")

// Ways to draw without a screen, for View.GL.
const (
	AnyGL    = ""         // the first way that works
	EGL      = "egl"      // a GPU, or Mesa's software renderer
	OSMesa   = "osmesa"   // Mesa's software renderer
	Software = "software" // a rasteriser of this package, without OpenGL: plain, and the same everywhere
	NoGL     = "off"      // none: NewRenderer fails with ErrNoGL
)

// FreeCamera is the name of the camera that follows the robot, for View.Camera.
const FreeCamera = "free"

// View says what a Renderer draws.
type View struct {
	Width, Height int    // pixels
	Camera        string // a camera of the model, or FreeCamera; "" is the model's first, if it has one
	GL            string // AnyGL, EGL, OSMesa, Software or NoGL
}

// ReadGL reads the environment variable MUJOCO_GL as MuJoCo's own Python package does: letters of either
// case, spaces around, its words for yes and for no. A window system (glfw, glx) is not needed to draw
// into memory, and means any way.
func ReadGL(value string) (string, error) {
	text := strings.ToLower(strings.TrimSpace(value))
	switch {
	case text == EGL || text == OSMesa || text == Software:
		return text, nil
	case slices.Contains([]string{"disable", "disabled", "off", "false", "0"}, text):
		return NoGL, nil
	case slices.Contains([]string{"", "enable", "enabled", "on", "true", "1", "glfw", "glx"}, text):
		return AnyGL, nil
	}
	return "", fmt.Errorf("the environment variable MUJOCO_GL is %q: want egl, osmesa, software, off, or nothing", value)
}
