package mujoco

import "math"

// mesh is a shape of triangles.
type mesh struct {
	corners   []corner
	triangles [][3]int32
}

// quads adds the triangles of a grid of rows × columns corners that were added from first on.
func (m *mesh) quads(first, rows, columns int) {
	for i := range rows - 1 {
		for j := range columns - 1 {
			a := int32(first + i*columns + j)
			b, c, d := a+1, a+int32(columns), a+int32(columns)+1
			m.triangles = append(m.triangles, [3]int32{a, b, d}, [3]int32{a, d, c})
		}
	}
}

// Numbers of corners along and around round shapes.
const (
	around = 33
	along  = 17
)

// rounded makes an ellipsoid whose halves stand apart by 2·half along z: a sphere, an ellipsoid or a capsule.
func rounded(size vector, half float64) *mesh {
	m := new(mesh)
	for i := range along + 1 { // the equator twice, once for each half
		k, shift := i, half
		if i > along/2 {
			k, shift = i-1, -half
		}
		latitude := math.Pi/2 - math.Pi*float64(k)/(along-1)
		for j := range around {
			longitude := 2 * math.Pi * float64(j) / (around - 1)
			n := vector{math.Cos(latitude) * math.Cos(longitude), math.Cos(latitude) * math.Sin(longitude), math.Sin(latitude)}
			m.corners = append(m.corners, corner{vector{n[0] * size[0], n[1] * size[1], n[2]*size[2] + shift},
				vector{n[0] / size[0], n[1] / size[1], n[2] / size[2]}})
		}
	}
	m.quads(0, along+1, around)
	return m
}

func cylinder(size vector) *mesh {
	m := new(mesh)
	for _, z := range [2]float64{1, -1} { // a wall between two rings
		for j := range around {
			angle := 2 * math.Pi * float64(j) / (around - 1)
			n := vector{math.Cos(angle), math.Sin(angle), 0}
			m.corners = append(m.corners, corner{vector{n[0] * size[0], n[1] * size[1], z * size[2]}, n})
		}
	}
	m.quads(0, 2, around)
	for _, z := range [2]float64{1, -1} { // two lids
		first := len(m.corners)
		for _, radius := range [2]float64{0, 1} {
			for j := range around {
				angle := 2 * math.Pi * float64(j) / (around - 1)
				m.corners = append(m.corners, corner{vector{radius * math.Cos(angle) * size[0], radius * math.Sin(angle) * size[1], z * size[2]}, vector{0, 0, z}})
			}
		}
		m.quads(first, 2, around)
	}
	return m
}

func box(size vector) *mesh {
	m := new(mesh)
	for axis := range 3 {
		for _, side := range [2]float64{-1, 1} {
			first := len(m.corners)
			var n vector
			n[axis] = side
			for _, u := range [2]float64{-1, 1} {
				for _, v := range [2]float64{-1, 1} {
					var at vector
					at[axis], at[(axis+1)%3], at[(axis+2)%3] = side*size[axis], u*size[(axis+1)%3], v*size[(axis+2)%3]
					m.corners = append(m.corners, corner{at, n})
				}
			}
			m.quads(first, 2, 2)
		}
	}
	return m
}

// plane makes a rectangle, of 200 m where it has no bound.
func plane(size vector) *mesh {
	const unbounded = 100
	for i := range 2 {
		if size[i] <= 0 {
			size[i] = unbounded
		}
	}
	m := new(mesh)
	for _, u := range [2]float64{-1, 1} {
		for _, v := range [2]float64{-1, 1} {
			m.corners = append(m.corners, corner{vector{u * size[0], v * size[1], 0}, vector{0, 0, 1}})
		}
	}
	m.quads(0, 2, 2)
	return m
}

// flatten gives every triangle corners of its own, with its own normal.
func (m *mesh) flatten() *mesh {
	flat := new(mesh)
	for _, t := range m.triangles {
		a, b, c := m.corners[t[0]].at, m.corners[t[1]].at, m.corners[t[2]].at
		n := b.minus(a).cross(c.minus(a))
		k := int32(len(flat.corners))
		flat.corners = append(flat.corners, corner{a, n}, corner{b, n}, corner{c, n})
		flat.triangles = append(flat.triangles, [3]int32{k, k + 1, k + 2})
	}
	return flat
}
