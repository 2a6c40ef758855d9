package mujoco

import (
	"image"
	"unsafe"
)

// painter draws a scene by the raster. MuJoCo says what is to be seen: the geoms of its scene, of which mjv
// functions need no OpenGL.
type painter struct {
	*stage
	raster *raster
	meshes map[int]*mesh // meshes of the model, by number
}

func newPainter(s *stage) *painter {
	return &painter{stage: s, raster: newRaster(s.width, s.height), meshes: map[int]*mesh{}}
}

func (p *painter) name() string { return "own rasteriser, without OpenGL" }

func (p *painter) close() error { return p.stage.close() }

func (p *painter) draw(d *Data, picture *image.RGBA) (err error) {
	defer caught("draw", &err)
	p.update(d)
	p.raster.clear(p.eye())
	centre, radius := p.robot()
	p.raster.sun = newSun(centre, max(1.5*radius, 0.1))
	things := p.things()
	for _, t := range things {
		if t.kind != p.library.value("mjGEOM_PLANE") && t.paint.alpha == 1 {
			for _, k := range t.mesh.triangles {
				p.raster.sun.cast(t.place(k[0]).at, t.place(k[1]).at, t.place(k[2]).at)
			}
		}
	}
	for _, clear := range [2]bool{false, true} { // what one sees through comes last
		for _, t := range things {
			if t.paint.alpha < 1 != clear {
				continue
			}
			for _, k := range t.mesh.triangles {
				p.raster.triangle(t.place(k[0]), t.place(k[1]), t.place(k[2]), t.paint)
			}
		}
	}
	p.raster.picture(picture)
	return nil
}

// floats32 reads n numbers of a struct.
func (s *stage) floats32(base unsafe.Pointer, name string, n int) []float32 {
	return unsafe.Slice((*float32)(s.library.at(base, name)), n)
}

func (s *stage) vector(base unsafe.Pointer, name string) vector {
	x := s.floats32(base, name, 3)
	return vector{float64(x[0]), float64(x[1]), float64(x[2])}
}

// eye reads the scene's cameras, of two eyes, and stands between them.
func (s *stage) eye() eye {
	camera := s.library.at(unsafe.Pointer(&s.scene[0]), "mjvScene camera")
	other := unsafe.Add(camera, s.library.value("mjvGLCamera"))
	e := eye{at: s.vector(camera, "mjvGLCamera pos").plus(s.vector(other, "mjvGLCamera pos")).times(0.5), forward: s.vector(camera, "mjvGLCamera forward").unit(), up: s.vector(camera, "mjvGLCamera up").unit()}
	e.right = e.forward.cross(e.up)
	e.near = float64(s.floats32(camera, "mjvGLCamera frustum_near", 1)[0])
	e.tangent = float64(s.floats32(camera, "mjvGLCamera frustum_top", 1)[0]) / e.near
	return e
}

// thing is a geom of the scene.
type thing struct {
	kind   int // value of mjtGeom
	mesh   *mesh
	at     vector
	matrix [9]float64
	paint  paint
}

// place returns a corner of the thing in the world.
func (t *thing) place(i int32) corner {
	turn := func(v vector) (w vector) {
		for k := range 3 {
			w[k] = t.matrix[3*k]*v[0] + t.matrix[3*k+1]*v[1] + t.matrix[3*k+2]*v[2]
		}
		return w
	}
	c := t.mesh.corners[i]
	return corner{turn(c.at).plus(t.at), turn(c.normal)}
}

// things reads the geoms of the scene that the raster can draw and that are not invisible.
func (p *painter) things() (all []thing) {
	l := p.library
	scene := unsafe.Pointer(&p.scene[0])
	geoms := *(*unsafe.Pointer)(l.at(scene, "mjvScene geoms"))
	for i := range l.integer(scene, "mjvScene ngeom") {
		g := unsafe.Add(geoms, i*l.value("mjvGeom"))
		rgba := p.floats32(g, "mjvGeom rgba", 4)
		t := thing{kind: l.integer(g, "mjvGeom type"), at: p.vector(g, "mjvGeom pos")}
		for k, x := range p.floats32(g, "mjvGeom mat", 9) {
			t.matrix[k] = float64(x)
		}
		t.paint = paint{rgb: vector{float64(rgba[0]), float64(rgba[1]), float64(rgba[2])}, alpha: float64(rgba[3]), squares: t.kind == l.value("mjGEOM_PLANE")}
		t.mesh = p.shape(t.kind, l.integer(g, "mjvGeom dataid"), p.vector(g, "mjvGeom size"))
		if t.mesh != nil && t.paint.alpha > 0.02 {
			all = append(all, t)
		}
	}
	return all
}

// shape returns the triangles of a geom; nil for what has none, such as lines.
func (p *painter) shape(kind, data int, size vector) *mesh {
	l := p.library
	switch kind {
	case l.value("mjGEOM_PLANE"):
		return plane(size)
	case l.value("mjGEOM_SPHERE"), l.value("mjGEOM_ELLIPSOID"):
		return rounded(size, 0)
	case l.value("mjGEOM_CAPSULE"):
		return rounded(vector{size[0], size[1], size[0]}, size[2])
	case l.value("mjGEOM_CYLINDER"):
		return cylinder(size)
	case l.value("mjGEOM_BOX"):
		return box(size)
	case l.value("mjGEOM_HFIELD"):
		return p.known(-1-data, func() *mesh { return p.terrain(data) })
	case l.value("mjGEOM_MESH"): // 2·id, or 2·id + 1 for its convex hull
		return p.known(data/2, func() *mesh { return p.modelMesh(data / 2) })
	}
	return nil
}

func (p *painter) known(number int, read func() *mesh) *mesh {
	if _, ok := p.meshes[number]; !ok {
		p.meshes[number] = read()
	}
	return p.meshes[number]
}

// modelMesh reads a mesh of the model.
func (p *painter) modelMesh(id int) *mesh {
	l := p.library
	first := func(name string) int { x, _ := ints(l, p.model, "mjModel "+name); return int(x[id]) }
	corners, _, n, _ := l.array(p.model, p.model, "mjModel mesh_vert")
	faces, _ := ints(l, p.model, "mjModel mesh_face")
	numbers := unsafe.Slice((*float32)(corners), n)
	m := new(mesh)
	for i := range first("mesh_vertnum") {
		x := numbers[3*(first("mesh_vertadr")+i):]
		m.corners = append(m.corners, corner{at: vector{float64(x[0]), float64(x[1]), float64(x[2])}})
	}
	for i := range first("mesh_facenum") {
		k := faces[3*(first("mesh_faceadr")+i):]
		m.triangles = append(m.triangles, [3]int32(k[:3]))
	}
	return m.flatten()
}

// terrain reads a height field of the model, whose heights are from 0 to 1.
func (p *painter) terrain(id int) *mesh {
	l := p.library
	first := func(name string) int { x, _ := ints(l, p.model, "mjModel "+name); return int(x[id]) }
	heights, _, n, _ := l.array(p.model, p.model, "mjModel hfield_data")
	numbers := unsafe.Slice((*float32)(heights), n)[first("hfield_adr"):]
	sizes, _ := l.floats(p.model, p.model, "mjModel hfield_size")
	size := sizes[4*id : 4*id+4]
	m := new(mesh)
	rows, columns := first("hfield_nrow"), first("hfield_ncol")
	for i := range rows {
		for j := range columns {
			m.corners = append(m.corners, corner{at: vector{size[0] * (2*float64(j)/float64(columns-1) - 1), size[1] * (2*float64(i)/float64(rows-1) - 1),
				size[2] * float64(numbers[i*columns+j])}})
		}
	}
	m.quads(0, rows, columns)
	return m.flatten()
}
