package mujoco

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"unsafe"
)

// Constants of EGL/egl.h, EGL/eglext.h, GL/gl.h and GL/osmesa.h.
const (
	eglNone                    = 0x3038
	eglSurfaceType             = 0x3033
	eglPbufferBit              = 0x0001
	eglRenderableType          = 0x3040
	eglOpenGLBit               = 0x0008
	eglRedSize                 = 0x3024
	eglGreenSize               = 0x3023
	eglBlueSize                = 0x3022
	eglDepthSize               = 0x3025
	eglOpenGLAPI               = 0x30A2
	eglPlatformDevice          = 0x313F
	eglPlatformSurfacelessMesa = 0x31DD
	osmesaRGBA                 = 0x1908
	glRenderer                 = 0x1F01
	glUnsignedByte             = 0x1401
)

// glContext is a context of OpenGL without a window, from a library found at run time. MuJoCo looks for the
// functions of OpenGL in whichever library is loaded when its own rendering context is made. All calls are
// made on the thread that opened the context.
type glContext struct {
	library uintptr // 0 while closed
	egl     *eglFunctions
	display uintptr // EGL's
	context uintptr // EGL's or OSMesa's
	pixels  []byte  // OSMesa's picture
	name    string  // way, device and renderer, for people
}

// eglFunctions are addresses.
type eglFunctions struct {
	proc, queryDevices, platformDisplay, initialize, bindAPI, chooseConfig, createContext, makeCurrent, destroyContext uintptr
}

// openGL opens a context of the way and makes it current on the calling thread.
func openGL(way string, width, height int) (*glContext, error) {
	c := new(glContext)
	var err error
	if way == EGL {
		err = c.openEGL()
	} else {
		err = c.openOSMesa(width, height)
	}
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// openAny loads the first library of two names.
func openAny(first, second string) uintptr {
	for _, name := range []string{first, second} {
		if handle, err := openLibrary(name); err == nil {
			return handle
		}
	}
	return 0
}

// describe names the way and the renderer: a GPU or a software renderer.
func (c *glContext) describe(way string, getString uintptr) {
	renderer := ""
	if getString != 0 {
		renderer = goString(pointer(call(getString, glRenderer)))
	}
	c.name = way + ", " + orElse(renderer, "unknown renderer")
}

// find asks eglGetProcAddress for a function.
func (e *eglFunctions) find(name string) uintptr {
	return call(e.proc, uintptr(unsafe.Pointer(cString(name))))
}

func bindEGL(library uintptr) *eglFunctions {
	proc, err := symbol(library, "eglGetProcAddress")
	if err != nil {
		return nil
	}
	e := &eglFunctions{proc: proc}
	for _, f := range []struct {
		to   *uintptr
		name string
	}{{&e.queryDevices, "eglQueryDevicesEXT"}, {&e.platformDisplay, "eglGetPlatformDisplayEXT"}, {&e.initialize, "eglInitialize"},
		{&e.bindAPI, "eglBindAPI"}, {&e.chooseConfig, "eglChooseConfig"}, {&e.createContext, "eglCreateContext"},
		{&e.makeCurrent, "eglMakeCurrent"}, {&e.destroyContext, "eglDestroyContext"}} {
		if *f.to = e.find(f.name); *f.to == 0 {
			return nil
		}
	}
	return e
}

// openEGL tries the devices in the order of their drivers, NVIDIA's before Mesa's, then a display without any.
func (c *glContext) openEGL() error {
	const mostDevices = 16
	if c.library = openAny("libEGL.so.1", "libEGL.so"); c.library == 0 {
		return errors.New("EGL: there is no libEGL.so.1")
	}
	if c.egl = bindEGL(c.library); c.egl == nil {
		return errors.New("EGL: the library lacks devices or platforms")
	}
	devices, count := new([mostDevices]uintptr), new(int32)
	if uint32(call(c.egl.queryDevices, mostDevices, uintptr(unsafe.Pointer(devices)), uintptr(unsafe.Pointer(count)))) == 0 {
		*count = 0
	}
	chosen, err := chosenDevice(int(*count))
	if err != nil {
		return err
	}
	for i := range int(*count) {
		if (chosen < 0 || i == chosen) && c.tryDisplay(eglPlatformDevice, devices[i]) {
			c.describe(fmt.Sprintf("EGL device %d", i), c.egl.find("glGetString"))
			return nil
		}
	}
	if chosen >= 0 {
		return fmt.Errorf("EGL: device %d of MUJOCO_EGL_DEVICE_ID gives no OpenGL", chosen)
	}
	if c.tryDisplay(eglPlatformSurfacelessMesa, 0) {
		c.describe("EGL surfaceless", c.egl.find("glGetString"))
		return nil
	}
	return fmt.Errorf("EGL: none of %d devices, nor a display without surface, gives OpenGL", *count)
}

// chosenDevice reads which device the user wants, as MuJoCo's Python package does; -1 if that is not said.
func chosenDevice(count int) (int, error) {
	value, said := os.LookupEnv("MUJOCO_EGL_DEVICE_ID")
	if !said {
		return -1, nil
	}
	number, err := strconv.Atoi(value)
	if err != nil || number < 0 || number >= count {
		return 0, fmt.Errorf("EGL: MUJOCO_EGL_DEVICE_ID is %.40q, want a number from 0 to %d", value, count-1)
	}
	return number, nil
}

// tryDisplay makes a context without a surface, since MuJoCo draws into its own framebuffer.
func (c *glContext) tryDisplay(platform, device uintptr) bool {
	attributes := &[...]int32{eglSurfaceType, eglPbufferBit, eglRenderableType, eglOpenGLBit,
		eglRedSize, 8, eglGreenSize, 8, eglBlueSize, 8, eglDepthSize, 24, eglNone}
	config, found := new(uintptr), new(int32)
	yes := func(result uintptr) bool { return uint32(result) != 0 }
	if c.display = call(c.egl.platformDisplay, platform, device, 0); c.display == 0 {
		return false
	}
	if yes(call(c.egl.initialize, c.display, 0, 0)) && yes(call(c.egl.bindAPI, eglOpenGLAPI)) &&
		yes(call(c.egl.chooseConfig, c.display, uintptr(unsafe.Pointer(attributes)), uintptr(unsafe.Pointer(config)), 1, uintptr(unsafe.Pointer(found)))) &&
		*found > 0 {
		c.context = call(c.egl.createContext, c.display, *config, 0, 0)
		if c.context != 0 && yes(call(c.egl.makeCurrent, c.display, 0, 0, c.context)) {
			return true
		}
	}
	c.releaseEGL()
	return false
}

// releaseEGL leaves the display initialised: all contexts of a device share it.
func (c *glContext) releaseEGL() {
	call(c.egl.makeCurrent, c.display, 0, 0, 0)
	if c.context != 0 {
		call(c.egl.destroyContext, c.display, c.context)
	}
	c.display, c.context = 0, 0
}

func (c *glContext) openOSMesa(width, height int) error {
	if c.library = openAny("libOSMesa.so.8", "libOSMesa.so"); c.library == 0 {
		return errors.New("OSMesa: there is no libOSMesa.so.8")
	}
	create, e1 := symbol(c.library, "OSMesaCreateContextExt")
	makeCurrent, e2 := symbol(c.library, "OSMesaMakeCurrent")
	proc, e3 := symbol(c.library, "OSMesaGetProcAddress")
	if errors.Join(e1, e2, e3) != nil {
		return errors.New("OSMesa: the library lacks OSMesaCreateContextExt")
	}
	c.pixels = make([]byte, width*height*4)
	c.context = call(create, osmesaRGBA, 24, 8, 8, 0)
	if c.context == 0 || byte(call(makeCurrent, c.context, uintptr(unsafe.Pointer(&c.pixels[0])), glUnsignedByte, uintptr(width), uintptr(height))) == 0 {
		return fmt.Errorf("OSMesa: cannot make a context of %d x %d", width, height)
	}
	c.describe("OSMesa", call(proc, uintptr(unsafe.Pointer(cString("glGetString")))))
	return nil
}

// close frees the context and unloads its library: MuJoCo uses EGL's functions as long as EGL is loaded.
func (c *glContext) close() error {
	if c.library == 0 {
		return nil
	}
	if c.display != 0 {
		c.releaseEGL()
	}
	if c.context != 0 {
		if destroy, err := symbol(c.library, "OSMesaDestroyContext"); err == nil {
			call(destroy, c.context)
		}
	}
	err := closeLibrary(c.library)
	*c = glContext{}
	return err
}
