package plot

import (
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// Mark is a sample count at which something happened, a change of the world for instance.
type Mark struct {
	X     float64 `json:"samples"`
	Label string  `json:"label"`
}

// marks lists the changes of a run's world that happened, those made together one below the other.
func (r Run) marks() []Mark {
	var marks []Mark
	for _, record := range r.Records {
		if p := record.Perturbation; p != nil {
			marks = append(marks, Mark{float64(p.Samples), strings.ReplaceAll(strings.Join(p.Changes, ","), ",", "\n")})
		}
	}
	return marks
}

// merge adds marks to others and keeps the first of each label.
func merge(marks, more []Mark) []Mark {
	for _, m := range more {
		i := slices.IndexFunc(marks, func(known Mark) bool { return known.Label == m.Label })
		if i < 0 {
			marks = append(marks, m)
		} else {
			marks[i].X = min(marks[i].X, m.X)
		}
	}
	return marks
}

// marksOf collects the marks of the groups of a task.
func marksOf(task string, groups []Group) []Mark {
	var marks []Mark
	for _, g := range groups {
		if g.Task == task {
			marks = merge(marks, g.Marks)
		}
	}
	return marks
}

// mostMarks is the number of marks with a label: a panel has no room for more.
const mostMarks = 20

// addMarks draws a dashed vertical line with its label at every mark, over the present range of the axes.
func addMarks(p *plot.Plot, marks []Mark, x axis) error {
	above := 0 // lines of labels above, so that labels do not overlap
	for i, m := range marks {
		at := x.at(m.X)
		line, err := plotter.NewLine(plotter.XYs{{X: at, Y: p.Y.Min}, {X: at, Y: p.Y.Max}})
		if err != nil {
			return err
		}
		line.Color, line.Width = color.Gray{90}, vg.Points(1.4)
		line.Dashes = []vg.Length{vg.Points(4), vg.Points(4)}
		p.Add(line)
		if i >= mostMarks {
			continue
		}
		label, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: at, Y: p.Y.Max}}, Labels: []string{m.Label}})
		if err != nil {
			return err
		}
		label.TextStyle[0].Font.Variant, label.TextStyle[0].Font.Size = "Sans", vg.Points(12.5)
		label.TextStyle[0].Color = color.Gray{90}
		label.TextStyle[0].YAlign = -1 // hangs from the top of the panel
		label.Offset = vg.Point{X: vg.Points(5), Y: -vg.Points(16) * vg.Length(above)}
		above += 1 + strings.Count(m.Label, "\n")
		if at > (p.X.Min+p.X.Max)/2 { // stays inside
			label.TextStyle[0].XAlign, label.Offset.X = -1, vg.Points(-5)
		}
		p.Add(label)
	}
	return nil
}
