package mujoco

import (
	"errors"
	"math"
	"unsafe"
)

// freeCamera stands for the camera that is placed here; those of the model count from 0.
const freeCamera = -1

// stage is what is drawn: a copy of the model with its own simulation, so that drawing does not change the
// simulated state, and MuJoCo's list of what there is to see.
type stage struct {
	library               *library
	model, data           unsafe.Pointer
	scene, option, camera []byte // mjvScene, mjvOption, mjvCamera
	width, height         int
	free                  bool    // whether the camera is placed here
	reach                 float64 // radius of the robot when the free camera was placed, m
}

// open copies the model and prepares the scene; MuJoCo may refuse it. camera is a number of the model's, or
// freeCamera.
func (s *stage) open(m *Model, camera int) (err error) {
	defer caught("open renderer", &err)
	l := m.library
	s.library, s.free = l, camera == freeCamera
	s.scene, s.option, s.camera = make([]byte, l.value("mjvScene")), make([]byte, l.value("mjvOption")), make([]byte, l.value("mjvCamera"))
	l.named("mjv_defaultScene", uintptr(unsafe.Pointer(&s.scene[0])))
	l.named("mjv_defaultOption", uintptr(unsafe.Pointer(&s.option[0])))
	l.named("mjv_defaultCamera", uintptr(unsafe.Pointer(&s.camera[0])))
	if s.model = pointer(l.named("mj_copyModel", 0, uintptr(m.handle))); s.model == nil {
		return errors.New("mujoco: copy model: out of memory")
	}
	s.chooseQuality()
	s.unboundFloors()
	if s.data = pointer(l.named("mj_makeData", uintptr(s.model))); s.data == nil {
		return errors.New("mujoco: make data: out of memory")
	}
	const mostGeoms = 2000
	l.named("mjv_makeScene", uintptr(s.model), uintptr(unsafe.Pointer(&s.scene[0])), mostGeoms)
	flags := l.at(unsafe.Pointer(&s.scene[0]), "mjvScene flags")
	*(*byte)(unsafe.Add(flags, l.value("mjRND_REFLECTION"))) = 0
	if s.free {
		l.named("mjv_defaultFreeCamera", uintptr(s.model), uintptr(unsafe.Pointer(&s.camera[0])))
		return nil
	}
	*(*int32)(l.at(unsafe.Pointer(&s.camera[0]), "mjvCamera type")) = int32(l.value("mjCAMERA_FIXED"))
	*(*int32)(l.at(unsafe.Pointer(&s.camera[0]), "mjvCamera fixedcamid")) = int32(camera)
	return nil
}

// chooseQuality chooses a quality that a CPU draws in tens of milliseconds: smooth edges, and shadows that
// are not black. Mirror images are left out: they would double the time.
func (s *stage) chooseQuality() {
	set := func(name string, to int) { *(*int32)(s.library.at(s.model, "mjModel vis."+name)) = int32(to) }
	set("global.offwidth", s.width)
	set("global.offheight", s.height)
	// Four samples a pixel of a very large picture take half a gigabyte, and its edges are fine without.
	samples := 4
	if s.width*s.height > 4<<20 {
		samples = 0
	}
	set("quality.offsamples", samples)
	set("quality.shadowsize", 2048)
	for name, light := range map[string]float32{"ambient": 0.3, "diffuse": 0.2, "specular": 0} {
		for i := range 3 {
			*(*float32)(unsafe.Add(s.library.at(s.model, "mjModel vis.headlight."+name), 4*i)) = light
		}
	}
}

// largeFloor is the half-width from which on a floor is drawn as infinite, m.
const largeFloor = 5

// unboundFloors draws large floors as infinite: contacts treat them so, and a walker leaves the part that the
// model shows. The pattern keeps its size.
func (s *stage) unboundFloors() {
	l := s.library
	sizes, _ := l.floats(s.model, s.model, "mjModel geom_size")
	kinds, _ := ints(l, s.model, "mjModel geom_type")
	materials, _ := ints(l, s.model, "mjModel geom_matid")
	uniform, _, n, _ := l.array(s.model, s.model, "mjModel mat_texuniform")
	repeats, _, _, _ := l.array(s.model, s.model, "mjModel mat_texrepeat")
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

// update brings the scene to the state of d.
func (s *stage) update(d *Data) {
	s.pose(d)
	if s.free {
		s.follow()
	}
	s.library.named("mjv_updateScene", uintptr(s.model), uintptr(s.data), uintptr(unsafe.Pointer(&s.option[0])), 0,
		uintptr(unsafe.Pointer(&s.camera[0])), uintptr(s.library.value("mjCAT_ALL")), uintptr(unsafe.Pointer(&s.scene[0])))
}

// pose copies the state that decides positions, and computes only those.
func (s *stage) pose(d *Data) {
	l := s.library
	for _, name := range []string{"mjData qpos", "mjData mocap_pos", "mjData mocap_quat"} {
		from, _ := l.floats(d.model.handle, d.handle, name)
		to, _ := l.floats(s.model, s.data, name)
		copy(to, from)
	}
	for _, function := range []string{"mj_kinematics", "mj_comPos", "mj_camlight", "mj_tendon"} {
		l.named(function, uintptr(s.model), uintptr(s.data))
	}
}

// robot returns the middle of what can move, and the radius of a ball around it.
func (s *stage) robot() (centre vector, radius float64) {
	l := s.library
	fixed, _ := ints(l, s.model, "mjModel body_weldid")
	bodies, _ := ints(l, s.model, "mjModel geom_bodyid")
	bounds, _ := l.floats(s.model, s.model, "mjModel geom_rbound")
	places, _ := l.floats(s.model, s.data, "mjData geom_xpos")
	low, high := vector{math.Inf(1), math.Inf(1), math.Inf(1)}, vector{math.Inf(-1), math.Inf(-1), math.Inf(-1)}
	moving := func(i int) bool { return fixed[bodies[i]] != 0 && bounds[i] > 0 }
	for i := range bodies {
		for k := 0; k < 3 && moving(i); k++ {
			low[k], high[k] = min(low[k], places[3*i+k]-bounds[i]), max(high[k], places[3*i+k]+bounds[i])
		}
	}
	if !(low[0] <= high[0]) {
		return vector{}, 0
	}
	centre = low.plus(high).times(0.5)
	for i := range bodies {
		if moving(i) {
			radius = max(radius, vector(places[3*i:3*i+3]).minus(centre).norm()+bounds[i])
		}
	}
	return centre, radius
}

// follow points the free camera at the robot, from a distance at which all of it is in the picture when the
// episode begins. A robot that walks stays in the middle.
func (s *stage) follow() {
	const margin = 1.1
	centre, radius := s.robot()
	if !(radius > 0) || math.IsInf(radius, 0) {
		return
	}
	l := s.library
	camera := unsafe.Pointer(&s.camera[0])
	if s.reach == 0 {
		s.reach = radius
		tangent := math.Tan(float64(s.floats32(s.model, "mjModel vis.global.fovy", 1)[0]) * math.Pi / 360)
		tangent *= min(1, float64(s.width)/float64(s.height))
		*(*float64)(l.at(camera, "mjvCamera distance")) = margin * radius / math.Sin(math.Atan(tangent))
	}
	*(*vector)(l.at(camera, "mjvCamera lookat")) = centre
}

func (s *stage) close() (err error) {
	defer caught("close renderer", &err)
	l := s.library
	if l == nil {
		return nil
	}
	if len(s.scene) > 0 {
		l.named("mjv_freeScene", uintptr(unsafe.Pointer(&s.scene[0])))
	}
	if s.data != nil {
		l.named("mj_deleteData", uintptr(s.data))
	}
	if s.model != nil {
		l.named("mj_deleteModel", uintptr(s.model))
	}
	s.data, s.model, s.scene = nil, nil, nil
	return nil
}
