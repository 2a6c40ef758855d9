package mujoco

import (
	"errors"
	"fmt"
	"image"
	"math"
	"runtime"
	"unsafe"
)

// freeCamera stands for the camera that MuJoCo places itself; those of the model count from 0.
const freeCamera = -1

// canvas is MuJoCo's own renderer, drawing into memory. It has its own model and simulation, so that drawing
// does not change the simulated state. The thread that opened it makes all its calls.
type canvas struct {
	library                        *library
	gl                             *glContext
	model, data                    unsafe.Pointer
	scene, option, camera, context []byte // mjvScene, mjvOption, mjvCamera, mjrContext
	rgb                            []byte // [height][width][3] from bottom to top
	width, height                  int
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
	if err := l.bindRenderer(); err != nil {
		return nil, err
	}
	gl, err := openGL(way, width, height)
	if err != nil {
		return nil, err
	}
	c := &canvas{library: l, gl: gl, width: width, height: height, rgb: make([]byte, width*height*3)}
	if err := c.prepare(m, camera); err != nil {
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

// bindRenderer finds the renderer's functions.
func (l *library) bindRenderer() error {
	for _, name := range []string{"mjv_defaultScene", "mjv_defaultOption", "mjv_defaultCamera", "mjv_defaultFreeCamera", "mjv_makeScene", "mjv_freeScene",
		"mjv_updateScene", "mjr_defaultContext", "mjr_makeContext", "mjr_freeContext", "mjr_setBuffer", "mjr_render", "mjr_readPixels"} {
		address, err := symbol(l.handle, name)
		if err != nil {
			return fmt.Errorf("this MuJoCo does not draw: %w", err)
		}
		l.symbols[name] = address
	}
	return nil
}

// prepare is the part of opening a canvas that MuJoCo may refuse.
func (c *canvas) prepare(m *Model, camera int) (err error) {
	defer caught("open renderer", &err)
	l := c.library
	c.scene, c.option = make([]byte, l.value("mjvScene")), make([]byte, l.value("mjvOption"))
	c.camera, c.context = make([]byte, l.value("mjvCamera")), make([]byte, l.value("mjrContext"))
	l.named("mjv_defaultScene", uintptr(unsafe.Pointer(&c.scene[0])))
	l.named("mjv_defaultOption", uintptr(unsafe.Pointer(&c.option[0])))
	l.named("mjv_defaultCamera", uintptr(unsafe.Pointer(&c.camera[0])))
	l.named("mjr_defaultContext", uintptr(unsafe.Pointer(&c.context[0])))
	if c.model = pointer(l.named("mj_copyModel", 0, uintptr(m.handle))); c.model == nil {
		return errors.New("mujoco: copy model: out of memory")
	}
	c.chooseQuality()
	c.unboundFloors()
	if c.data = pointer(l.named("mj_makeData", uintptr(c.model))); c.data == nil {
		return errors.New("mujoco: make data: out of memory")
	}
	const mostGeoms = 2000
	l.named("mjv_makeScene", uintptr(c.model), uintptr(unsafe.Pointer(&c.scene[0])), mostGeoms)
	flags := l.at(unsafe.Pointer(&c.scene[0]), "mjvScene flags")
	*(*byte)(unsafe.Add(flags, l.value("mjRND_REFLECTION"))) = 0
	if camera == freeCamera {
		l.named("mjv_defaultFreeCamera", uintptr(c.model), uintptr(unsafe.Pointer(&c.camera[0])))
	} else {
		*(*int32)(l.at(unsafe.Pointer(&c.camera[0]), "mjvCamera type")) = int32(l.value("mjCAMERA_FIXED"))
		*(*int32)(l.at(unsafe.Pointer(&c.camera[0]), "mjvCamera fixedcamid")) = int32(camera)
	}
	l.named("mjr_makeContext", uintptr(c.model), uintptr(unsafe.Pointer(&c.context[0])), uintptr(l.value("mjFONTSCALE_100")))
	l.named("mjr_setBuffer", uintptr(l.value("mjFB_OFFSCREEN")), uintptr(unsafe.Pointer(&c.context[0])))
	return nil
}

// chooseQuality chooses a quality that a CPU draws in tens of milliseconds: smooth edges, and shadows that
// are not black. Mirror images are left out: they would double the time.
func (c *canvas) chooseQuality() {
	set := func(name string, to int) { *(*int32)(c.library.at(c.model, "mjModel vis."+name)) = int32(to) }
	set("global.offwidth", c.width)
	set("global.offheight", c.height)
	// Four samples a pixel of a very large picture take half a gigabyte, and its edges are fine without.
	samples := 4
	if c.width*c.height > 4<<20 {
		samples = 0
	}
	set("quality.offsamples", samples)
	set("quality.shadowsize", 2048)
	for name, light := range map[string]float32{"ambient": 0.3, "diffuse": 0.2, "specular": 0} {
		for i := range 3 {
			*(*float32)(unsafe.Add(c.library.at(c.model, "mjModel vis.headlight."+name), 4*i)) = light
		}
	}
}

// largeFloor is the half-width from which on a floor is drawn as infinite, m.
const largeFloor = 5

// unboundFloors draws large floors as infinite: contacts treat them so, and a walker leaves the part that the
// model shows. The pattern keeps its size.
func (c *canvas) unboundFloors() {
	l := c.library
	sizes, _ := l.floats(c.model, c.model, "mjModel geom_size")
	kinds, _ := ints(l, c.model, "mjModel geom_type")
	materials, _ := ints(l, c.model, "mjModel geom_matid")
	uniform, _, n, _ := l.array(c.model, c.model, "mjModel mat_texuniform")
	repeats, _, _, _ := l.array(c.model, c.model, "mjModel mat_texrepeat")
	for i, kind := range kinds {
		size := sizes[3*i : 3*i+3]
		if int(kind) != l.value("mjGEOM_PLANE") || size[0] < largeFloor || size[1] < largeFloor {
			continue
		}
		if k := int(materials[i]); k >= 0 && k < n && *(*byte)(unsafe.Add(uniform, k)) == 0 {
			*(*byte)(unsafe.Add(uniform, k)) = 1
			for j := range 2 {
				*(*float32)(unsafe.Add(repeats, 4*(2*k+j))) /= float32(size[j])
			}
		}
		size[0], size[1] = 0, 0
	}
}

// ints returns an array of int32, MuJoCo's own memory.
func ints(l *library, model unsafe.Pointer, name string) ([]int32, bool) {
	first, kind, count, ok := l.array(model, model, name)
	if !ok || kind != 'i' {
		return nil, false
	}
	return unsafe.Slice((*int32)(first), count), true
}

// pose copies the state that decides positions, and computes only those.
func (c *canvas) pose(d *Data) {
	l := c.library
	for _, name := range []string{"mjData qpos", "mjData mocap_pos", "mjData mocap_quat"} {
		from, _ := l.floats(d.model.handle, d.handle, name)
		to, _ := l.floats(c.model, c.data, name)
		copy(to, from)
	}
	for _, function := range []string{"mj_kinematics", "mj_comPos", "mj_camlight", "mj_tendon"} {
		l.named(function, uintptr(c.model), uintptr(c.data))
	}
}

func (c *canvas) draw(d *Data, picture *image.RGBA) (err error) {
	defer caught("draw", &err)
	l := c.library
	c.pose(d)
	l.named("mjv_updateScene", uintptr(c.model), uintptr(c.data), uintptr(unsafe.Pointer(&c.option[0])), 0,
		uintptr(unsafe.Pointer(&c.camera[0])), uintptr(l.value("mjCAT_ALL")), uintptr(unsafe.Pointer(&c.scene[0])))
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
	corner, size := uintptr(0), uintptr(c.width)|uintptr(c.height)<<32
	l.named("mjr_render", corner, size, uintptr(scene), uintptr(context))
	l.named("mjr_readPixels", uintptr(unsafe.Pointer(&c.rgb[0])), 0, corner, size, uintptr(context))
}

func (c *canvas) close() (err error) {
	defer func() { err = errors.Join(err, c.gl.close()) }()
	defer caught("close renderer", &err)
	l := c.library
	if len(c.context) > 0 {
		l.named("mjr_freeContext", uintptr(unsafe.Pointer(&c.context[0])))
		l.named("mjv_freeScene", uintptr(unsafe.Pointer(&c.scene[0])))
	}
	if c.data != nil {
		l.named("mj_deleteData", uintptr(c.data))
	}
	if c.model != nil {
		l.named("mj_deleteModel", uintptr(c.model))
	}
	c.data, c.model = nil, nil
	return nil
}
