package task

import (
	"fmt"
	"slices"
)

// DrawNames lists the names of what is drawn at reset, start states and goals first, then randomised numbers.
func (t *Task) DrawNames() []string {
	var names []string
	for _, d := range t.Reset {
		names = append(names, d.Name)
	}
	for _, r := range t.Randomise {
		names = append(names, r.Name)
	}
	return names
}

// SetDraw overrides the bounds of a uniform draw of the reset, as a goal box, or of a randomised number.
func (t *Task) SetDraw(draw string, low, high float64) error {
	chances := make([]*Chance, 0, len(t.Reset)+len(t.Randomise)) // has the order of DrawNames
	for i := range t.Reset {
		chances = append(chances, &t.Reset[i].Chance)
	}
	for i := range t.Randomise {
		chances = append(chances, &t.Randomise[i].Chance)
	}
	i := slices.Index(t.DrawNames(), draw)
	if i < 0 {
		return fmt.Errorf("%s: %w", t.Name, unknown("draw", draw, t.DrawNames()))
	}
	if err := chances[i].setBounds(low, high); err != nil {
		return fmt.Errorf("%s: draw %s: %w", t.Name, draw, err)
	}
	return nil
}
