package mujoco

import "errors"

// ErrNoGL is wrapped by the error of NewRenderer on a computer without OpenGL.
var ErrNoGL = errors.New("no OpenGL to draw with: apt-get install libosmesa6, or libegl1 libegl-mesa0 libgl1-mesa-dri")

// Ways to get OpenGL without a screen, for View.GL.
const (
	AnyGL  = ""       // the first way that works
	EGL    = "egl"    // a GPU, or Mesa's software renderer
	OSMesa = "osmesa" // Mesa's software renderer
	NoGL   = "off"    // none: NewRenderer fails with ErrNoGL
)

// FreeCamera is the name of the camera that MuJoCo places itself, for View.Camera.
const FreeCamera = "free"

// View says what a Renderer draws.
type View struct {
	Width, Height int    // pixels
	Camera        string // a camera of the model, or FreeCamera; "" is the model's first, if it has one
	GL            string // AnyGL, EGL, OSMesa or NoGL
}
