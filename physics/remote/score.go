package remote

import (
	"encoding/binary"
	"fmt"
	"image"
)

// Rewards fills rewards [n] by the environment's method for obs [n,O], act [n,A] in ±1, and next [n,O].
func (g *Gymnasium) Rewards(rewards, obs, act, next []float64) error {
	o, a := len(g.Obs), len(g.low)
	body := make([]byte, 0, 4+8*len(rewards)*(2*o+a))
	body = binary.LittleEndian.AppendUint32(body, uint32(len(rewards)))
	for i := range rewards {
		body = appendNumbers(body, obs[i*o:(i+1)*o])
		body = g.appendActions(body, act[i*a:(i+1)*a])
		body = appendNumbers(body, next[i*o:(i+1)*o])
	}
	answer, err := g.ask(opReward, body)
	if err == nil {
		_, err = take(answer, rewards)
	}
	return err
}

// Terminated fills ended [n] by the environment's method for next [n,O].
func (g *Gymnasium) Terminated(ended []bool, next []float64) error {
	body := appendNumbers(binary.LittleEndian.AppendUint32(nil, uint32(len(ended))), next)
	answer, err := g.ask(opTerminated, body)
	if err == nil && len(answer) != len(ended) {
		err = fmt.Errorf("%w: %d terminations for %d rows", ErrProtocol, len(answer), len(ended))
	}
	if err != nil {
		return err
	}
	for i, b := range answer {
		ended[i] = b != 0
	}
	return nil
}

// Render draws the present state.
func (g *Gymnasium) Render() (*image.RGBA, error) {
	answer, err := g.ask(opRender, nil)
	if err != nil {
		return nil, err
	}
	if len(answer) < 8 {
		return nil, fmt.Errorf("%w: a picture of %d bytes", ErrProtocol, len(answer))
	}
	height, width := int(binary.LittleEndian.Uint32(answer)), int(binary.LittleEndian.Uint32(answer[4:]))
	if height < 1 || width < 1 || height > MostFrame || width > MostFrame || len(answer) != 8+3*height*width {
		return nil, fmt.Errorf("%w: a picture of %d × %d pixels in %d bytes", ErrProtocol, width, height, len(answer))
	}
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range height * width {
		copy(picture.Pix[4*i:4*i+3], answer[8+3*i:])
		picture.Pix[4*i+3] = 255
	}
	return picture, nil
}
