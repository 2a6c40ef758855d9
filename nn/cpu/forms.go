package cpu

// forms are the packed layers of networks of one shape, kept as long as their parameters stay.
type forms struct {
	parts   int // numbers of bf16 that stand for one, see halved
	memory  []float32
	scratch []float32
	layers  [][]packed // [networks]; none where a BLAS multiplies
	version uint64     // of the parameters, and 1; 0: nothing is packed
}

// pack packs networks with parameters [networks,size] unless those of this version are packed. It packs for both
// directions.
func (b *machine) pack(f *forms, n *network, parameters []float32, size int, version uint64) {
	u := b.library.units
	if u == nil || f.version == version+1 {
		return
	}
	if f.layers == nil {
		f.lay(n, u, len(parameters)/size)
	}
	for i, layers := range f.layers {
		for k := range layers {
			l := &layers[k]
			l.pack(l.weights, parameters[i*size:(i+1)*size])
			l.arrangeAll(f.scratch)
		}
	}
	f.version = version + 1
}

// lay makes the arrays.
func (f *forms) lay(n *network, u *units, networks int) {
	f.layers = make([][]packed, networks)
	var c carver
	for range 2 { // counts, then cuts
		for i := range f.layers {
			f.layers[i] = make([]packed, len(n.layers))
			for k, layer := range n.layers {
				l := &f.layers[i][k]
				l.Layer, l.units = layer, u
				l.weights = c.take(l.size())
				if f.parts > 0 {
					l.layHalves(&c, f.parts, true)
				} else {
					l.turned = c.take(l.turnedSize())
				}
			}
		}
		f.scratch = c.take(u.scratch())
		f.memory = make([]float32, c.used)
		c = carver{block: f.memory}
	}
}

// of are the layers of a network; nil where a BLAS multiplies.
func (f *forms) of(network int) []packed {
	if f.layers == nil {
		return nil
	}
	return f.layers[network]
}

// packModel packs the members, packPolicy and packValue the networks of policy and value.
func (b *machine) packModel(m *ensemble) {
	b.pack(&m.forms, &m.network, m.parameters, m.size, m.version)
}

func (b *machine) packPolicy(p *policy) {
	b.pack(&p.forms, &p.network, p.parameters, len(p.parameters), p.version)
}

func (b *machine) packValue(v *value) {
	b.pack(&v.forms, &v.network, v.parameters, len(v.parameters), v.version)
}
