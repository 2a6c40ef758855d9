package plot

import "math"

// mostPoints is the number of points drawn of a curve: several for each pixel of a picture. It bounds time
// and memory for a file of millions of iterations.
const mostPoints = 4096

// thinned divides a long curve into many stretches and keeps of each the first and the last point, the
// lowest and the highest, and a gap: the points that are visible in a picture.
func thinned(points []Point) []Point {
	const each = 5 // most points kept of a stretch
	if len(points) <= mostPoints {
		return points
	}
	stretches := mostPoints / each
	kept := make([]Point, 0, mostPoints)
	for k := range stretches {
		first, end := k*len(points)/stretches, (k+1)*len(points)/stretches
		keep := make([]bool, end-first)
		keep[0], keep[len(keep)-1] = true, true
		low, high, gap := -1, -1, -1
		for i, p := range points[first:end] {
			switch {
			case math.IsNaN(p.Mean):
				gap = i
				continue
			case low < 0 || p.Mean < points[first+low].Mean:
				low = i
			}
			if high < 0 || p.Mean > points[first+high].Mean {
				high = i
			}
		}
		for _, i := range []int{low, high, gap} {
			if i >= 0 {
				keep[i] = true
			}
		}
		for i, p := range points[first:end] {
			if keep[i] {
				kept = append(kept, p)
			}
		}
	}
	return kept
}

// stretches divides a curve at its gaps and where the kind of its segments changes, each between two
// neighbours. The point between segments of two kinds belongs to both stretches, so that the line has no
// hole.
func stretches(points []Point, kind func(a, b Point) int) [][]Point {
	var parts [][]Point
	var part []Point
	present := 0
	end := func() {
		if len(part) > 0 {
			parts = append(parts, part)
		}
		part = nil
	}
	for _, p := range points {
		if math.IsNaN(p.Mean) {
			end()
			continue
		}
		if n := len(part); n > 0 {
			last := part[n-1]
			next := kind(last, p)
			if n > 1 && next != present {
				end()
				part = []Point{last}
			}
			present = next
		}
		part = append(part, p)
	}
	end()
	return parts
}

// alike is the kind of segments for a curve that is divided only at its gaps.
func alike(_, _ Point) int { return 0 }
