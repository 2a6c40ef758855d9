package plot

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Cut describes the points of a curve outside a common range.
type Cut struct {
	Curve     string  `json:"curve"`
	From      float64 `json:"from"` // begin of the remaining curve, samples
	To        float64 `json:"to"`
	Kept, All int     `json:"-"` // points
}

// overSeeds joins the curves of several runs. Their points lie at different sample counts, so each curve is
// interpolated linearly at those of all. A seed counts only where it has data, not before its first point,
// after its last or in its gaps.
func overSeeds(curves [][]Point) []Point {
	var points []Point
	for _, x := range grid(curves) {
		var values []float64
		for _, c := range curves {
			if y := at(c, x); !math.IsNaN(y) {
				values = append(values, y)
			}
		}
		points = append(points, summarise(x, values))
	}
	return points
}

// grid lists the sample counts of all curves, or a subset of many, with the ends of every curve.
func grid(curves [][]Point) []float64 {
	var all, kept []float64
	for _, c := range curves {
		for i, point := range c {
			all = append(all, point.X)
			if i == 0 || i == len(c)-1 {
				kept = append(kept, point.X)
			}
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) <= mostPoints {
		return all
	}
	for i := range mostPoints {
		kept = append(kept, all[i*(len(all)-1)/(mostPoints-1)])
	}
	slices.Sort(kept)
	return slices.Compact(kept)
}

// summarise returns the mean of the seeds with the range of two, or the confidence interval of more. It
// divides numbers by the largest, so that none overflows.
func summarise(x float64, values []float64) Point {
	p := Point{X: x, Mean: math.NaN(), Low: math.NaN(), High: math.NaN(), Seeds: len(values)}
	most := 0.0
	for _, y := range values {
		most = max(most, math.Abs(y))
	}
	switch {
	case len(values) == 0:
		return p
	case len(values) == 1:
		p.Mean = values[0]
		return p
	case most == 0:
		p.Mean, p.Low, p.High = 0, 0, 0
		return p
	}
	scaled := make([]float64, len(values))
	for i, y := range values {
		scaled[i] = y / most
	}
	mean, deviation := stat.MeanStdDev(scaled, nil)
	p.Mean = mean * most
	if len(values) == 2 {
		p.Low, p.High = slices.Min(values), slices.Max(values)
		return p
	}
	n := float64(len(values))
	half := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(0.975) * deviation / math.Sqrt(n)
	p.Low, p.High = bounded((mean-half)*most), bounded((mean+half)*most)
	return p
}

// bounded keeps a number finite.
func bounded(x float64) float64 { return max(-math.MaxFloat64, min(math.MaxFloat64, x)) }

// at interpolates a curve with ordered points; NaN outside it and in its gaps.
func at(c []Point, x float64) float64 {
	i, found := slices.BinarySearchFunc(c, x, func(p Point, x float64) int {
		switch {
		case p.X < x:
			return -1
		case p.X > x:
			return 1
		}
		return 0
	})
	switch {
	case found:
		return c[i].Mean
	case i == 0 || i == len(c):
		return math.NaN()
	}
	a, b := c[i-1], c[i]
	share := (x - a.X) / (b.X - a.X)
	return (1-share)*a.Mean + share*b.Mean
}

// cutToCommon cuts a group's curves to the range that all of its seeds have.
func (g *Group) cutToCommon() {
	for _, c := range []struct {
		name   string
		points *[]Point
	}{{"mean action", &g.Evaluation}, {"sampled", &g.Sampled}} {
		all := *c.points
		kept := slices.DeleteFunc(slices.Clone(all), func(p Point) bool { return p.Seeds < len(g.Seeds) })
		if len(kept) == len(all) {
			continue
		}
		cut := Cut{Curve: c.name, From: math.NaN(), To: math.NaN(), Kept: len(kept), All: len(all)}
		if len(kept) > 0 {
			cut.From, cut.To = kept[0].X, kept[len(kept)-1].X
		}
		g.Cut, *c.points = append(g.Cut, cut), kept
	}
}

// Span is a range of samples in which the mean has the same number of seeds.
type Span struct {
	From  float64 `json:"from"` // samples
	To    float64 `json:"to"`
	Seeds int     `json:"seeds"`
}

// Spans lists the number of seeds along the group's curve; nil where that is always all of them.
func (g Group) Spans() []Span {
	points := g.Evaluation
	if len(points) == 0 {
		points = g.Sampled
	}
	var spans []Span
	for _, p := range points {
		if n := len(spans); n > 0 && spans[n-1].Seeds == p.Seeds {
			spans[n-1].To = p.X
		} else {
			spans = append(spans, Span{p.X, p.X, p.Seeds})
		}
	}
	if len(g.Seeds) < 2 || len(spans) == 1 && spans[0].Seeds == len(g.Seeds) {
		return nil
	}
	return spans
}

// WideSpans are the spans that are visible in a picture: seeds whose last episodes end at different
// samples cause tiny ones. nil where all visible spans have all seeds.
func (g Group) WideSpans() []Span {
	all := g.Spans()
	if len(all) == 0 {
		return nil
	}
	const least = 0.02 // smallest visible share of the whole curve
	whole := all[len(all)-1].To - all[0].From
	wide := slices.DeleteFunc(slices.Clone(all), func(s Span) bool { return s.To-s.From < least*whole })
	if len(wide) == 1 && wide[0].Seeds == len(g.Seeds) {
		return nil
	}
	return wide
}
