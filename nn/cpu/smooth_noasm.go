//go:build !amd64

package cpu

func biasSiLU(y, slope, bias []float32, keep float32)     { biasSiLUGo(y, slope, bias, keep) }
func multiply(y, x []float32)                             { multiplyGo(y, x) }
func addSums(s *sums, y []float32)                        { s.addGo(y) }
func centre(s *sums, y []float32, mean float32)           { s.centreGo(y, mean) }
func dots(s *sums, y, x []float32)                        { s.dotsGo(y, x) }
func scale(y []float32, factor float32)                   { scaleGo(y, factor) }
func project(y, x []float32, mean, along, factor float32) { projectGo(y, x, mean, along, factor) }
