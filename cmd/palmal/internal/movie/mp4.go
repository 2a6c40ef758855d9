package movie

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"os/exec"
	"strconv"
	"strings"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
)

// ErrNoFFmpeg is the error for MP4 where ffmpeg is not installed.
var ErrNoFFmpeg = errors.New("MP4 needs ffmpeg, which is not installed: apt-get install ffmpeg; .gif and .png need nothing")

// video writes MP4 through ffmpeg, which reads the pixels from a pipe.
type video struct {
	ctx      context.Context
	out      disk.Output
	fps      float64
	draft    *disk.Draft
	size     image.Point
	command  *exec.Cmd // nil until the first picture
	pixels   io.WriteCloser
	said     bytes.Buffer // what ffmpeg said
	caption  *caption
	shown    int // pictures written
	finished bool
}

func newVideo(ctx context.Context, out disk.Output, fps float64) (*video, error) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		return nil, ErrNoFFmpeg
	}
	if !(fps > 0) {
		return nil, fmt.Errorf("%v pictures per second, want more than 0", fps)
	}
	return &video{ctx: ctx, out: out, fps: fps}, nil
}

// start runs ffmpeg. Every video player shows H.264 in yuv420p; it needs even sizes.
func (v *video) start(size image.Point) error {
	draft, err := v.out.Begin()
	if err != nil {
		return err
	}
	v.draft, v.size = draft, size
	if v.caption, err = newCaption(size.Y); err != nil {
		return err
	}
	v.command = exec.CommandContext(v.ctx, "ffmpeg", "-loglevel", "error", "-y",
		"-f", "rawvideo", "-pix_fmt", "rgba", "-video_size", fmt.Sprintf("%dx%d", size.X, size.Y),
		"-framerate", strconv.FormatFloat(v.fps, 'f', -1, 64), "-i", "-",
		"-vf", "crop=trunc(iw/2)*2:trunc(ih/2)*2", "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4", v.draft.Name())
	v.command.Stderr = &v.said
	if v.pixels, err = v.command.StdinPipe(); err != nil {
		return err
	}
	return v.command.Start()
}

// Add writes the picture as often as its time needs, at least once.
func (v *video) Add(p Picture) error {
	if v.command == nil {
		if err := v.start(p.Image.Rect.Size()); err != nil {
			return fmt.Errorf("ffmpeg: %w", err)
		}
	}
	v.caption.overlay(p.Image, p.Caption)
	for times := max(int(math.Round(p.Until*v.fps))-v.shown, 1); times > 0; times-- {
		if _, err := v.pixels.Write(p.Image.Pix); err != nil {
			return v.failed(err)
		}
		v.shown++
	}
	return nil
}

// failed adds the output of ffmpeg to an error.
func (v *video) failed(err error) error {
	if stopped := v.ctx.Err(); stopped != nil {
		return stopped
	}
	err = errors.Join(err, v.end())
	return fmt.Errorf("ffmpeg: %w: %s", err, strings.TrimSpace(v.said.String()))
}

// end waits for ffmpeg.
func (v *video) end() error {
	err := v.pixels.Close()
	return errors.Join(v.command.Wait(), err)
}

// Close ends the file.
func (v *video) Close() error {
	if v.finished {
		return nil
	}
	if v.command == nil || v.command.Process == nil {
		return errors.New("a video needs a picture")
	}
	if err := v.end(); err != nil {
		return fmt.Errorf("ffmpeg: %w: %s", err, strings.TrimSpace(v.said.String()))
	}
	v.finished = true
	return v.draft.Commit()
}

// Discard stops ffmpeg, if it runs, and removes its file.
func (v *video) Discard() error {
	if v.finished || v.draft == nil {
		return nil
	}
	v.finished = true
	if v.command != nil && v.command.Process != nil && v.command.ProcessState == nil {
		v.command.Process.Kill()
		v.end() // its error says that it was killed
	}
	return v.draft.Discard()
}
