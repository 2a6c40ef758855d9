//go:build !amd64 && !arm64

package cpu

// elementLoops names the instructions of the loops over elements.
func elementLoops() string { return "Go" }

func add(dst, src []float32)                          { addGo(dst, src) }
func biasReLU(y, bias []float32)                      { biasReLUGo(y, bias) }
func biasTanh(y, bias []float32)                      { biasTanhGo(y, bias) }
func reluBackward(delta, out []float32)               { reluBackwardGo(delta, out) }
func tanhBackward(delta, out []float32)               { tanhBackwardGo(delta, out) }
func tanhForward(tangent, bias, out []float32)        { tanhForwardGo(tangent, bias, out) }
func normalise(dst, x, shift, scale []float32)        { normaliseGo(dst, x, shift, scale) }
func clipScale(dst, x []float32, b *bounds)           { clipScaleGo(dst, x, b) }
func adamUpdate(w, g, h, m, v []float32, s *adamStep) { adamGo(w, g, h, m, v, s) }
