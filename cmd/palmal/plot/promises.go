package plot

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/palmal-rl/palmal/algo"
)

// promised is a curve of a panel of promises.
type promised struct {
	label  string
	colour int // index in the palette
	dashed bool
	of     func(algo.PromiseRecord) algo.Number
}

// Promises draws what the ensemble foresaw of a run's policies beside what happened: a panel for the return, one for each
// limit, one for their prices where they were charged, and one for the share of its step that each policy took. risk is what the task accepts.
func Promises(title string, records []algo.Record, risk float64, format string) ([]byte, error) {
	records = slices.DeleteFunc(slices.Clone(records), func(r algo.Record) bool { return r.Promise == nil })
	if len(records) == 0 {
		return nil, fmt.Errorf("%s: no iteration made a promise: its task names no limits, or promise.starts is 0", title)
	}
	first, err := drawPromised(title+"\nreturn of an episode", "return", records, math.NaN(), []promised{
		{"promised, mean over members", 0, true, func(p algo.PromiseRecord) algo.Number { return p.Return }},
		{"promised, worst member", 1, true, func(p algo.PromiseRecord) algo.Number { return p.WorstReturn }},
		{"in the world", 0, false, func(p algo.PromiseRecord) algo.Number { return p.Got }}})
	panels := []panel{first}
	for _, name := range limitsOf(records) {
		if err != nil {
			return nil, err
		}
		var next panel
		next, err = drawPromised("limit: "+name, "episodes that break it, share", records, risk, []promised{
			{"promised, worst member", 1, true, func(p algo.PromiseRecord) algo.Number { return p.Limits[name].Worst }},
			{"promised, mean over members", 0, true, func(p algo.PromiseRecord) algo.Number { return p.Limits[name].Mean }},
			{"in the world", 0, false, func(p algo.PromiseRecord) algo.Number { return p.Limits[name].Got }}})
		panels = append(panels, next)
	}
	if err != nil {
		return nil, err
	}
	if prices := pricesOf(records); len(prices) > 0 {
		paid, err := drawPromised("price of a broken limit in model paths", "return per decision", records, math.NaN(), prices)
		if err != nil {
			return nil, err
		}
		panels = append(panels, paid)
	}
	last, err := drawPromised("shortened steps", "share of its step that a policy took", records, math.NaN(), []promised{
		{"1: the whole step", 2, false, func(p algo.PromiseRecord) algo.Number { return p.Step }}})
	if err != nil {
		return nil, err
	}
	return drawPanels(append(panels, last), format)
}

// pricesOf are curves of the prices, none where nothing was charged.
func pricesOf(records []algo.Record) []promised {
	var curves []promised
	for i, name := range limitsOf(records) {
		price := func(p algo.PromiseRecord) algo.Number { return p.Limits[name].Price }
		if slices.ContainsFunc(records, func(r algo.Record) bool { return price(*r.Promise) > 0 }) {
			curves = append(curves, promised{name, i, false, price})
		}
	}
	return curves
}

// limitsOf lists the limits of the last record, by name.
func limitsOf(records []algo.Record) []string {
	var names []string
	for name := range records[len(records)-1].Promise.Limits {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// drawPromised draws a panel of curves over environment steps, with a line at a bound unless that is NaN.
func drawPromised(title, label string, records []algo.Record, bound float64, curves []promised) (panel, error) {
	t := taskPanel{panel: panel{Plot: plot.New(), key: newKey()}, x: newAxis(), y: newAxis()}
	style(t.Plot)
	t.Title.Text = title
	for _, r := range records {
		t.x.see(float64(r.Sampled.Samples))
		for _, c := range curves {
			t.y.see(float64(c.of(*r.Promise)))
		}
	}
	t.y.see(bound)
	t.x.settle()
	t.y.settle()
	for _, c := range curves {
		if err := t.addPromised(records, c); err != nil {
			return panel{}, err
		}
	}
	if !math.IsNaN(bound) {
		t.key.add(fmt.Sprintf("accepted risk %g", bound), t.addThreshold(bound))
	}
	t.x.onto(&t.X, t.X.Label.Text, 0, 0.02)
	t.y.onto(&t.Y, label, 0.03, 0.03)
	return t.panel, nil
}

// addPromised adds a curve and its line of the key. A number that is unknown leaves a gap.
func (t *taskPanel) addPromised(records []algo.Record, c promised) error {
	var points []Point
	for _, r := range records {
		points = append(points, Point{X: float64(r.Sampled.Samples), Mean: finite(c.of(*r.Promise)), Seeds: 1})
	}
	colour := palette(c.colour)
	var shown *plotter.Line
	for _, part := range stretches(points, func(Point, Point) int { return 0 }) {
		line, err := plotter.NewLine(t.means(part))
		if err != nil {
			return err
		}
		line.Color, line.Width = colour, vg.Points(2.2)
		if c.dashed {
			line.Width, line.Dashes = vg.Points(1.6), []vg.Length{vg.Points(6), vg.Points(3)}
		}
		t.Add(line)
		if len(part) == 1 { // a point makes no line
			if err := t.addDot(part[0], colour); err != nil {
				return err
			}
		}
		shown = line
	}
	if shown == nil {
		shown = &plotter.Line{}
		shown.Color = color.Gray{200}
	}
	t.key.add(c.label, shown)
	return nil
}
