package cpu

import "math"

// MeasuresDisagreement marks the machine as one that does.
func (*machine) MeasuresDisagreement() {}

// doubts pass rows through every member and measure how far their outputs for the predicted entries lie apart.
type doubts struct {
	model   *ensemble
	pass    prepared  // of one member after another
	entries []int     // predicted entries
	outs    []float32 // [E,rows,entries]
	rows    int
}

// newDoubts takes scratch memory for rows.
func newDoubts(w *worker, m *ensemble, rows int, way way) doubts {
	d := doubts{model: m, rows: rows, pass: w.prepare(&m.network, nil, nil, rows, way)}
	for i, f := range m.shape.Follow(m.out.scale) {
		if f.Predicted {
			d.entries = append(d.entries, i)
		}
	}
	d.outs = w.floats.take(m.shape.Members * rows * len(d.entries))
	return d
}

// forward returns member e's outputs [n,width] for x [n,O+A].
func (d *doubts) forward(e int, x []float32, n int) []float32 {
	d.pass.layers, d.pass.parameters = d.model.forms.of(e), d.model.member(e)
	return d.pass.forward(x, n)
}

// measure passes n rows of x [n,O+A] through all members and writes their disagreement [n].
func (d *doubts) measure(disagreement, x []float32, n int) {
	members, width := d.model.shape.Members, d.model.shape.Width()
	for e := range members {
		out := d.forward(e, x, n)
		for row := range n {
			own := d.of(e, row)
			for k, entry := range d.entries {
				own[k] = out[row*width+entry]
			}
		}
	}
	for row := range n {
		sum := 0.0
		for k := range d.entries {
			middle := d.middle(row, k)
			for e := range members {
				apart := float64(d.of(e, row)[k]) - middle
				sum += apart * apart
			}
		}
		disagreement[row] = float32(math.Sqrt(sum / float64(max(1, members*len(d.entries)))))
	}
}

// of holds member e's outputs for a row.
func (d *doubts) of(e, row int) []float32 {
	at := (e*d.rows + row) * len(d.entries)
	return d.outs[at : at+len(d.entries)]
}

// middle is the members' mean of output k of a row.
func (d *doubts) middle(row, k int) float64 {
	sum := 0.0
	for e := range d.model.shape.Members {
		sum += float64(d.of(e, row)[k])
	}
	return sum / float64(d.model.shape.Members)
}

// doubt measures the disagreement on decision t of all active paths, and ends those on which it is too large before they take it.
func (p *rollout) doubt(t int) {
	floats := p.w.floats.mark()
	defer p.w.floats.release(floats)
	measured := p.w.floats.take(p.active)
	p.doubts.measure(measured, p.modelIn, p.active)
	observation, action := p.paths.observation, p.paths.action
	still := 0
	for row, u := range measured {
		if p.paths.disagreement != nil {
			p.paths.disagreement[p.path[row]*p.paths.horizon+t] = u
		}
		if cut := p.options.Cut; cut > 0 && !(float64(u) <= cut) {
			continue
		}
		if still < row {
			p.path[still] = p.path[row]
			copy(p.obs[still*observation:(still+1)*observation], p.obs[row*observation:(row+1)*observation])
			copy(p.clipped[still*action:(still+1)*action], p.clipped[row*action:(row+1)*action])
			copy(p.modelIn[still*(observation+action):(still+1)*(observation+action)], p.modelIn[row*(observation+action):(row+1)*(observation+action)])
		}
		still++
	}
	p.active = still
}

// doubt adds the derivatives of what the disagreement on a decision costs to those by the model's inputs, inward [rows,O+A]. Of the
// root u of the mean of squares of E outputs' distances from their mean, over D entries, the derivative by an output is its
// distance over E·D·u.
func (s *decision) doubt(inward []float32) {
	cost := s.discount() * s.options.Score.Disagreement
	if cost == 0 {
		return
	}
	m, w, rows := s.dynamics.model, s.w, len(s.paths)
	inputs, width := m.shape.Observation+m.shape.Action, m.shape.Width()
	x, by, delta := w.floats.take(rows*inputs), w.floats.take(rows*inputs), w.floats.take(rows*width)
	s.dynamics.inputRows(x, s.obs, s.clipped, rows)
	d, u := newDoubts(w, m, rows, forthBack), w.floats.take(rows)
	d.measure(u, x, rows)
	for e := range m.shape.Members {
		clear(delta)
		for row := range rows {
			if u[row] == 0 {
				continue
			}
			factor := cost / (float64(u[row]) * float64(m.shape.Members*len(d.entries)))
			for k, entry := range d.entries {
				delta[row*width+entry] = float32(-factor * (float64(d.of(e, row)[k]) - d.middle(row, k)))
			}
		}
		copy(by, x)
		d.forward(e, by, rows)
		d.pass.inward(by, delta, rows)
		for i, b := range by {
			inward[i] += b
		}
	}
}
