package cpu

// carver cuts arrays from one block, or counts what they would take.
type carver struct {
	block []float32
	used  int
}

func (c *carver) take(n int) []float32 {
	first := c.used
	c.used += (n + arenaAlign - 1) / arenaAlign * arenaAlign
	if c.block == nil {
		return nil
	}
	return c.block[first : first+n : first+n]
}

func (c *carver) matrix(rows, n int) matrix {
	s := stride(n)
	return matrix{c.take(rows * s), s}
}
