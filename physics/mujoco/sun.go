package mujoco

import "math"

// sun lights the world from one direction. Its map holds, for the surroundings of the robot, how near to it
// the nearest surface is.
type sun struct {
	direction    vector // towards it
	across, away vector // the map's axes
	centre       vector
	half         float64   // half the map's width, m
	heights      []float64 // along direction, from the centre
}

const sunPixels = 512

func newSun(centre vector, half float64) sun {
	s := sun{direction: vector{0.35, -0.25, 1}.unit(), centre: centre, half: half, heights: make([]float64, sunPixels*sunPixels)}
	s.across = vector{1, 0, 0}.cross(s.direction).unit()
	s.away = s.direction.cross(s.across)
	for i := range s.heights {
		s.heights[i] = math.Inf(-1)
	}
	return s
}

// project returns a point's place in the map and its height.
func (s *sun) project(at vector) (x, y, height float64) {
	d := at.minus(s.centre)
	scale := sunPixels / 2 / s.half
	return sunPixels/2 + d.dot(s.across)*scale, sunPixels/2 + d.dot(s.away)*scale, d.dot(s.direction)
}

// cast lets a triangle throw a shadow.
func (s *sun) cast(a, b, c vector) {
	ax, ay, az := s.project(a)
	bx, by, bz := s.project(b)
	cx, cy, cz := s.project(c)
	area := (bx-ax)*(cy-ay) - (by-ay)*(cx-ax)
	if math.Abs(area) < 1e-12 {
		return
	}
	for y := within(min(ay, by, cy), sunPixels); y < within(max(ay, by, cy)+1, sunPixels); y++ {
		for x := within(min(ax, bx, cx), sunPixels); x < within(max(ax, bx, cx)+1, sunPixels); x++ {
			px, py := float64(x)+0.5, float64(y)+0.5
			u := ((bx-px)*(cy-py) - (by-py)*(cx-px)) / area
			v := ((cx-px)*(ay-py) - (cy-py)*(ax-px)) / area
			if w := 1 - u - v; u >= 0 && v >= 0 && w >= 0 {
				i := y*sunPixels + x
				s.heights[i] = max(s.heights[i], u*az+v*bz+w*cz)
			}
		}
	}
}

// shades reports whether something is between a point of a surface and the sun. The bias, two pixels of the
// map, keeps a surface from shading itself.
func (s *sun) shades(at, normal vector) bool {
	bias := 4 * s.half / sunPixels
	x, y, height := s.project(at.plus(normal.times(bias)))
	if x < 0 || y < 0 || x >= sunPixels || y >= sunPixels {
		return false
	}
	return s.heights[int(y)*sunPixels+int(x)] > height+bias
}
