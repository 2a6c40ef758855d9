package mujoco

import (
	"errors"
	"fmt"
	"image"
	"math"
	"runtime"
	"unsafe"
)

// canvas is MuJoCo's own renderer, drawing into memory by OpenGL. The thread that opened it makes all its
// calls.
type canvas struct {
	*stage
	gl      *glContext
	context []byte // mjrContext
	rgb     []byte // [height][width][3] from bottom to top
}

// openCanvas opens a canvas by a way to OpenGL. MuJoCo keeps OpenGL's functions once for the whole process and
// takes them from whichever library is loaded. So one thread at a time tries libraries, and the first way
// that works is the only one afterwards.
func openCanvas(m *Model, way string, camera, width, height int) (*canvas, error) {
	l := m.library
	l.opening.Lock()
	defer l.opening.Unlock()
	if l.drawsBy != "" && l.drawsBy != way {
		return nil, fmt.Errorf("%s: MuJoCo draws by %s in this process", wayName(way), wayName(l.drawsBy))
	}
	if err := l.canDraw(); err != nil {
		return nil, err
	}
	gl, err := openGL(way, width, height)
	if err != nil {
		return nil, err
	}
	c := &canvas{stage: &stage{width: width, height: height}, gl: gl, rgb: make([]byte, width*height*3)}
	if err := c.stage.open(m, camera); err != nil {
		return nil, errors.Join(err, c.close())
	}
	if err := c.prepare(); err != nil {
		return nil, errors.Join(err, c.close())
	}
	if current := *(*int32)(l.at(unsafe.Pointer(&c.context[0]), "mjrContext currentBuffer")); int(current) != l.value("mjFB_OFFSCREEN") {
		return nil, errors.Join(fmt.Errorf("%s: there is no offscreen framebuffer", wayName(way)), c.close())
	}
	l.drawsBy = way
	return c, nil
}

func wayName(way string) string {
	if way == EGL {
		return "EGL"
	}
	return "OSMesa"
}

// drawing are the functions that draw by OpenGL. A library may lack them.
func drawing() []string {
	return []string{"mjr_defaultContext", "mjr_makeContext", "mjr_freeContext", "mjr_setBuffer", "mjr_render", "mjr_readPixels"}
}

// canDraw reports by an error that the library lacks one of them.
func (l *library) canDraw() error {
	for _, name := range drawing() {
		if l.symbols[name] == 0 {
			return fmt.Errorf("this MuJoCo does not draw: it has no %s", name)
		}
	}
	return nil
}

// prepare makes MuJoCo's own context; it may be refused, such as for a picture that is too large.
func (c *canvas) prepare() (err error) {
	defer caught("open renderer", &err)
	l := c.library
	c.context = make([]byte, l.value("mjrContext"))
	l.named("mjr_defaultContext", uintptr(unsafe.Pointer(&c.context[0])))
	l.named("mjr_makeContext", uintptr(c.model), uintptr(unsafe.Pointer(&c.context[0])), uintptr(l.value("mjFONTSCALE_100")))
	l.named("mjr_setBuffer", uintptr(l.value("mjFB_OFFSCREEN")), uintptr(unsafe.Pointer(&c.context[0])))
	return nil
}

func (c *canvas) name() string { return c.gl.name }

func (c *canvas) draw(d *Data, picture *image.RGBA) (err error) {
	defer caught("draw", &err)
	c.update(d)
	c.render()
	for y := range c.height {
		from, to := c.rgb[3*c.width*(c.height-1-y):], picture.Pix[y*picture.Stride:]
		for x := range c.width {
			copy(to[4*x:4*x+3], from[3*x:])
			to[4*x+3] = math.MaxUint8
		}
	}
	return nil
}

// render draws the scene and reads its pixels. Both functions take an mjrRect by value: four int32 in two
// registers, but on Windows for amd64 by the address of a copy.
func (c *canvas) render() {
	l := c.library
	scene, context := unsafe.Pointer(&c.scene[0]), unsafe.Pointer(&c.context[0])
	if runtime.GOOS == "windows" && runtime.GOARCH == "amd64" {
		frame := &[4]int32{0, 0, int32(c.width), int32(c.height)}
		l.named("mjr_render", uintptr(unsafe.Pointer(frame)), uintptr(scene), uintptr(context))
		l.named("mjr_readPixels", uintptr(unsafe.Pointer(&c.rgb[0])), 0, uintptr(unsafe.Pointer(frame)), uintptr(context))
		return
	}
	place, size := uintptr(0), uintptr(c.width)|uintptr(c.height)<<32
	l.named("mjr_render", place, size, uintptr(scene), uintptr(context))
	l.named("mjr_readPixels", uintptr(unsafe.Pointer(&c.rgb[0])), 0, place, size, uintptr(context))
}

func (c *canvas) close() error { return errors.Join(c.release(), c.stage.close(), c.gl.close()) }

// release frees MuJoCo's own context.
func (c *canvas) release() (err error) {
	defer caught("close renderer", &err)
	if len(c.context) > 0 {
		c.library.named("mjr_freeContext", uintptr(unsafe.Pointer(&c.context[0])))
		c.context = nil
	}
	return nil
}
